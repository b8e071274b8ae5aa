import Costs
import Fetch
import Foundation
import Host
import LLM
import Logging
import Stores
import WireCore

extension Workspace {
    /// The price table: `WIREDESK_PRICES`, else Prices.json beside the registry, else the one that the program brings along.
    func prices() throws -> PriceTable {
        let (bytes, name) = try pricesFile()
        do {
            return try PriceTableReader.read(bytes, file: name)
        } catch {
            throw error.deskError
        }
    }

    /// Where the operator's own price table lies, or would.
    var pricesPath: String {
        if let path = environment["WIREDESK_PRICES"], !path.isEmpty { return path }
        return URL(filePath: registryFile.path).deletingLastPathComponent().appendingPathComponent("Prices.json").path
    }

    private func pricesFile() throws -> ([UInt8], String) {
        let path = pricesPath
        let isNamed = environment["WIREDESK_PRICES"].map { !$0.isEmpty } ?? false
        guard isNamed || FileManager.default.fileExists(atPath: path) else { return (PriceTable.shipped, "the price table of this program") }
        return (try GivenFile.read(path, "the price table", .config, hint: "Name another with WIREDESK_PRICES, or leave it out."), path)
    }

    /// The door to the models as environment and registry say.
    func gateway(_ registry: Registry, store: any LedgerStore, exchanger: CurlExchanger, delivery: Delivery) throws -> Gateway {
        Gateway(
            prices: try prices(), providers: Provider.all(environment: environment, exchanger: exchanger), store: store,
            configuration: registry.gateway.configuration, clock: SystemClock(), logger: logger,
            onAlert: { alert in
                await delivery.begin(
                    Notice(id: alert.id, message: alert.message, letter: "\(alert.message)\n\n`wiredesk costs` shows what drives it.\n\(alert.id)"))
            })
    }

    /// Puts what a changed registry says about models and money in force; throws, and changes nothing, where it names a secret that is not set.
    func follow(_ registry: Registry, _ gateway: Gateway, _ delivery: Delivery) async throws {
        let channels = try channels(registry.gateway)
        if registry.gateway.configuration != gateway.configuration { logger.notice("other settings of the gateway are in force") }
        gateway.adopt(registry.gateway.configuration)
        await delivery.adopt(channels)
    }

    /// Puts a changed price table in force.
    func takeOverPrices(_ gateway: Gateway) throws {
        let table = try prices()
        gateway.adopt(table)
        logger.notice("the price table was taken over", metadata: ["models": "\(table.models.count)"])
    }

    /// The ways to people that the registry names.
    func delivery(_ registry: Registry, store: any LedgerStore, exchanger: CurlExchanger) throws -> Delivery {
        Delivery(channels: try channels(registry.gateway), exchanger: exchanger, store: store, clock: SystemClock(), logger: logger)
    }

    func channels(_ settings: GatewaySettings) throws(DeskError) -> [Delivery.Channel] {
        var channels: [Delivery.Channel] = []
        if let webhook = settings.webhook { channels.append(.webhook(url: try webhook.value(environment, of: "gateway.alerts.webhook"))) }
        if let mail = settings.mail {
            let server = MailServer(
                url: mail.server, user: try mail.user?.value(environment, of: "gateway.alerts.mail.user"),
                password: try mail.password?.value(environment, of: "gateway.alerts.mail.password"))
            channels.append(.mail(server: server, from: mail.from, to: mail.to))
        }
        return channels
    }

    /// The network towards providers. Their addresses come from the operator's environment, not from outside, so that any may be asked.
    func exchanger() -> CurlExchanger {
        var configuration = ExchangerConfiguration()
        configuration.policy = .unrestricted
        // Many servers close a quiet connection after five seconds.
        configuration.keptIdle = .seconds(4)
        return CurlExchanger(configuration: configuration)
    }
}

extension SettingValue {
    /// The text that the setting gives; `key` is its name in messages.
    fileprivate func value(_ environment: [String: String], of key: String) throws(DeskError) -> String {
        switch self {
        case .text(let text): return text
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw DeskError(
                    .config, "\(key) is taken from the environment variable \(name), which is not set",
                    hint: "Set \(name), or remove \(key) from the registry.")
            }
            return value
        }
    }
}
