"""A desk on a stage, as a process: the tests of dashboard and API work on it."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading

passed = 0
failures = []


def check(name, condition, detail=""):
    """Notes one thing that should be so."""
    global passed
    if condition:
        passed += 1
    else:
        failures.append(name)
        print(f"FAILED {name} {detail}", flush=True)


def finish():
    print(f"{passed} checks passed, {len(failures)} failed", flush=True)
    sys.exit(1 if failures else 0)


@contextlib.contextmanager
def stage(program, scene, token=None, real_url=None):
    """Plays a scene and gives its address; ends it and removes what it left. `real_url`: where one of the sources really answers."""
    folder = tempfile.mkdtemp(prefix="wiredesk-stage-")
    environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"}
    if token:
        environment["WIREDESK_ADMIN_TOKEN"] = token
    process = subprocess.Popen(
        [program, folder, scene] + ([real_url] if real_url else []), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    patience = threading.Timer(60, process.kill)
    patience.start()
    try:
        address = process.stdout.readline().strip()
        patience.cancel()
        if not address.startswith("http"):
            raise SystemExit(f"the stage does not play {scene}: {process.stderr.read()}")
        yield address
    finally:
        patience.cancel()
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)
