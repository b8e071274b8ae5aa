/// Runs `body` for many callers at the same time, each with its number.
func crowd(_ size: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for caller in 0..<size { group.addTask { try await body(caller) } }
        try await group.waitForAll()
    }
}
