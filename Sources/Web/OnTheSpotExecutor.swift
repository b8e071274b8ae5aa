/// Runs a task's next step on whichever thread has just made it possible: the store's when the money is held, libcurl's when the answer has
/// come.
///
/// A call waits three times, and each time somebody else's thread knows first. Handing the few microseconds that follow back to the
/// connection's thread costs two changes of threads more than they take. So what runs here must be short and must not block, and whoever
/// resumes a waiting task must hold no lock; what may last long leaves for the global executor.
final class OnTheSpotExecutor: TaskExecutor {
    static let shared = OnTheSpotExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
    }
}
