import Costs
import Fetch
import FoundationEssentials
import Host
import LLM
import Logging
import Newsroom
import Stores
import WireCore

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
