internal import CCurl
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A thread that owns one multi handle of libcurl, and the inbox through which everyone else speaks to it.
///
/// The handle is touched by that thread alone (to wake it up excepted, which libcurl allows from any thread), which is what makes
/// `@unchecked Sendable` true.
final class CurlThread<Command: Sendable>: @unchecked Sendable {
    private struct Inbox {
        var commands: [Command] = []
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    /// Nil when libcurl has no memory.
    let multi: UnsafeMutableRawPointer?

    /// `connections`: how many are kept, open and idle, for later transfers.
    init(connections: Int) {
        multi = curlIsReady ? curl_multi_init() : nil
        if let multi { _ = wd_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections) }
    }

    /// Starts the thread, which ends when `body` does. False when the machine grants none.
    func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(Body(run: body))
        let status = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context.toOpaque())
        guard status == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    /// Hands a command to the thread; false after ``close()``, when nobody takes it any more.
    func submit(_ command: Command) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.isClosed else { return false }
            inbox.commands.append(command)
            // Whoever puts the first command in wakes the thread; it then takes all that have come by the time it looks. Under the lock,
            // since the handle is gone soon after the inbox is closed.
            if inbox.commands.count == 1, let multi { curl_multi_wakeup(multi) }
            return true
        }
    }

    /// What has come since the last time. On the thread only.
    func take() -> [Command] {
        inbox.withLock { inbox in
            let commands = inbox.commands
            inbox.commands.removeAll(keepingCapacity: false)
            return commands
        }
    }

    /// Takes no more commands and gives back those that nobody took. On the thread only, or where it did not start.
    func close() -> [Command] {
        inbox.withLock { inbox in
            inbox.isClosed = true
            let left = inbox.commands
            inbox.commands = []
            return left
        }
    }
}

/// What a thread runs, in a box that fits through a C pointer.
private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
}

/// libcurl's own initialisation, once per process.
private let curlIsReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
