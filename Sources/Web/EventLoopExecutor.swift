import NIOCore

/// Runs a connection's tasks on the thread that serves its socket, so that a request changes threads only where it waits for the store or
/// for a provider: on two processors the changes cost more than the work between them.
///
/// One request's work blocks the others on the thread while it lasts, so what may last long goes elsewhere (`GatewayRoutes`).
final class EventLoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
