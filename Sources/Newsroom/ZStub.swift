public import FoundationEssentials
public import Stores
struct Signal: Sendable { var name: String; var line: String }
enum SignalWindow { case day }
public struct NarrativeDesk {
    let store: any NewsroomStore
    public init(store: any NewsroomStore) { self.store = store }
    public struct P: Sendable { public var newPatterns: [String] = [] }
    func signals(window: SignalWindow, now: Date, limit: Int) async throws -> [Signal] { [] }
    public func cluster(now: Date) async throws -> JobResult { .nothingToDo("") }
    public func consolidate(now: Date) async throws -> JobResult { .nothingToDo("") }
    public func watch(now: Date) async throws -> P { P() }
}
