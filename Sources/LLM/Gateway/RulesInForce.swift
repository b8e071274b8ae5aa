import Costs
import Synchronization

/// What the gateway goes by: read together, replaced together.
final class GatewayRules: Sendable {
    let prices: PriceTable
    let configuration: GatewayConfiguration

    init(prices: PriceTable, configuration: GatewayConfiguration) { (self.prices, self.configuration) = (prices, configuration) }
}

/// The rules in force. They may change at any moment; a call reads them as it goes, so that one that waits for money asks again by the
/// budgets that hold then, and its price stays the row that it was bounded by.
final class RulesInForce: Sendable {
    private let rules: Mutex<GatewayRules>

    init(_ rules: GatewayRules) { self.rules = Mutex(rules) }

    var current: GatewayRules { rules.withLock { $0 } }
    var configuration: GatewayConfiguration { current.configuration }

    func adopt(_ prices: PriceTable) {
        rules.withLock { $0 = GatewayRules(prices: prices, configuration: $0.configuration) }
    }

    func adopt(_ configuration: GatewayConfiguration) {
        rules.withLock { $0 = GatewayRules(prices: $0.prices, configuration: configuration) }
    }
}
