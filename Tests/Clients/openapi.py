"""Lets schemathesis at the API, as /openapi.json describes it: usage: openapi.py STAGE SCENE."""

import os
import subprocess
import sys
import tempfile

from stage import stage

TOKEN = "a-token-of-thirty-two-characters"

# With the token in one scene, without one in the others.
scene = sys.argv[2]
token = TOKEN if scene == "full" else None
with stage(sys.argv[1], scene, token) as desk, tempfile.TemporaryDirectory() as folder:
    command = [
        sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", desk + "/openapi.json", "--checks", "all", "--seed", "7",
        "--max-examples", "25", "--generation-database", "none", "--no-color", "--continue-on-failure", "--phases", "examples,coverage,fuzzing",
    ]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    # Its own files stay out of the tree.
    sys.exit(subprocess.run(command, cwd=folder, env={**os.environ, "HOME": folder}, timeout=300).returncode)
