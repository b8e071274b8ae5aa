import Costs
public import Fetch
import FoundationEssentials
public import Host
public import LLM
import Logging
import Newsroom
public import Stores
public import WireCore

/// A demo's host at work, for whoever wants to show it while it plays.
public struct DemoHost: Sendable {
    public let desk: Desk
    public let staff: NewsroomStaff
    public let jobs: JobRunner
    public let gateway: Gateway
    public let store: any WholeStore
    public let fetcher: any DocumentFetching
    public let clock: any DeskClock
    /// The registry's file, which may be edited.
    public let registryPath: String
}

/// The newsroom's people at work in the demo: the real gateway over HTTP to the demo's model, the real jobs, the demo's time.
struct DemoDesk {
    let gateway: Gateway
    let staff: NewsroomStaff
    let jobs: JobRunner
    private let exchanger: CurlExchanger

    init(
        store: any WholeStore, port: Int, registry: @escaping @Sendable () async -> Registry, configuration: GatewayConfiguration,
        clock: any DeskClock,
        logger: Logger
    ) throws {
        var network = ExchangerConfiguration()
        network.policy = .unrestricted
        exchanger = CurlExchanger(configuration: network)
        let environment = ["ANTHROPIC_BASE_URL": "http://127.0.0.1:\(port)", "ANTHROPIC_API_KEY": "demo"]
        let prices: PriceTable
        do { prices = try PriceTableReader.read(PriceTable.shipped, file: "the price table of this program") } catch { throw error.deskError }
        gateway = Gateway(
            prices: prices, providers: Provider.all(environment: environment, exchanger: exchanger), store: store, configuration: configuration,
            clock: clock,
            logger: logger)
        let delivery = Delivery(channels: [], exchanger: exchanger, store: store, clock: clock, logger: logger)
        staff = NewsroomStaff(
            store: store, models: ModelDesk(gateway: gateway), registry: registry, delivery: delivery, clock: clock, logger: logger)
        jobs = JobRunner(performer: staff, store: store, owner: .own, clock: clock, logger: logger)
    }

    func close() async {
        await gateway.finish()
        await exchanger.shutdown()
    }
}
