import Fetch
import Foundation
import Host
import LLM
import Newsroom
import Stores
import WireCore

/// The newsroom as one verb of the command line works with it: the same people as in the host, on the same store.
struct NewsroomSession {
    let registry: Registry
    let store: any WholeStore
    let gateway: Gateway
    let delivery: Delivery
    let staff: NewsroomStaff
    let jobs: JobRunner
    private let exchanger: CurlExchanger

    init(_ workspace: Workspace) throws {
        let registry = try workspace.registry()
        self.registry = registry
        store = try workspace.openStore()
        exchanger = workspace.exchanger()
        delivery = try workspace.delivery(registry, store: store, exchanger: exchanger)
        gateway = try workspace.gateway(registry, store: store, exchanger: exchanger, delivery: delivery)
        staff = NewsroomStaff(
            store: store, models: ModelDesk(gateway: gateway), registry: { registry }, delivery: delivery, clock: SystemClock(),
            logger: workspace.logger)
        jobs = JobRunner(performer: staff, store: store, owner: .own, clock: SystemClock(), logger: workspace.logger)
    }

    /// Waits for what is under way, and closes everything.
    func close() async throws {
        await delivery.finish(within: .seconds(20))
        await gateway.finish()
        await exchanger.shutdown()
        try await store.close()
    }
}
