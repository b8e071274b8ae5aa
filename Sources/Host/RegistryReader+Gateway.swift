import Costs
import Foundation
public import LLM
import WireCore

/// What the registry says about models and money.
public struct GatewaySettings: Sendable, Equatable {
    public var configuration = GatewayConfiguration()
    /// Where cost alerts are posted as JSON; nil: nowhere.
    public var webhook: SettingValue?
    /// How cost alerts are sent by e-mail; nil: they are not.
    public var mail: Mail?

    /// A mail server and the addresses of its letters.
    public struct Mail: Sendable, Equatable {
        public var server: String
        public var from: String
        public var to: [String]
        public var user: SettingValue?
        public var password: SettingValue?
    }

    public init() {}
}

/// Reads the registry's `gateway` section.
struct GatewaySection {
    static let keys = ["timeZone", "budgets", "alerts", "cache", "deadline", "patience", "callsPerProvider", "attempts"]
    static let budgetKeys = ["daily", "monthly", "operations"]
    static let limitKeys = ["daily", "monthly"]
    static let alertKeys = ["daily", "monthProjected", "webhook", "mail"]
    static let mailKeys = ["server", "from", "to", "user", "password"]
    static let cacheKeys = ["keepFor", "size"]

    let problems: FileProblemList

    func read(_ node: JSONNode?) -> GatewaySettings {
        var settings = GatewaySettings()
        guard let node, let object = ConfigObject(node, what: "gateway", allowed: Self.keys, problems: problems) else { return settings }
        if let zone = object.timeZone("timeZone") { settings.configuration.plan.zone = zone }
        budgets(object["budgets"], &settings.configuration.plan)
        alerts(object["alerts"], &settings)
        if let cache = object["cache"].flatMap({ ConfigObject($0, what: "gateway.cache", allowed: Self.cacheKeys, problems: problems) }) {
            if let keepFor = cache.duration("keepFor", in: .zero...(.seconds(8784 * 3600))) { settings.configuration.keepAnswersFor = keepFor }
            if let size = cache.byteCount("size", in: ByteCount(0)...(.mebibytes(4096))) { settings.configuration.cacheSize = size }
        }
        if let deadline = object.duration("deadline", in: .seconds(1)...(.seconds(3600))) { settings.configuration.deadline = deadline }
        if let patience = object.duration("patience", in: .zero...(.seconds(60))) { settings.configuration.patience = patience }
        if let calls = object.int("callsPerProvider", in: 1...1024) { settings.configuration.callsPerProvider = calls }
        if let attempts = object.int("attempts", in: 1...20) { settings.configuration.attempts = attempts }
        return settings
    }

    private func budgets(_ node: JSONNode?, _ plan: inout BudgetPlan) {
        guard let node, let object = ConfigObject(node, what: "gateway.budgets", allowed: Self.budgetKeys, problems: problems) else { return }
        plan.desk = limits(object)
        guard let operations = object["operations"] else { return }
        guard let members = operations.object else {
            return object.wrong(operations, "operations", due: "an object from operations to their limits")
        }
        for member in members {
            let what = "gateway.budgets.operations.\(SafeText.line(member.key, limit: 60))"
            guard let own = ConfigObject(member.node, what: what, allowed: Self.limitKeys, problems: problems) else { continue }
            plan.operations[member.key] = limits(own)
        }
    }

    private func limits(_ object: ConfigObject) -> SpendingLimits {
        SpendingLimits(daily: money("daily", object), monthly: money("monthly", object))
    }

    private func money(_ key: String, _ object: ConfigObject) -> Money? {
        guard let node = object[key] else { return nil }
        guard let money = node.string.flatMap({ Money(dollars: $0) }), money >= .zero else {
            object.wrong(node, key, due: "an amount of US dollars in quotes, such as \"2.50\"")
            return nil
        }
        return money
    }

    private func alerts(_ node: JSONNode?, _ settings: inout GatewaySettings) {
        guard let node, let object = ConfigObject(node, what: "gateway.alerts", allowed: Self.alertKeys, problems: problems) else { return }
        if let daily = money("daily", object) { settings.configuration.plan.alerts.daily = [daily] }
        if let projected = money("monthProjected", object) { settings.configuration.plan.alerts.monthProjected = [projected] }
        settings.mail = mail(object["mail"])
        guard let webhook = object["webhook"] else { return }
        if let name = webhook["env"]?.string {
            settings.webhook = .environment(name)
        } else if let url = webhook.string, url.hasPrefix("http://") || url.hasPrefix("https://") {
            settings.webhook = .text(url)
        } else {
            object.wrong(webhook, "webhook", due: "an http or https address, or {\"env\":\"NAME\"} where it holds a secret")
        }
    }

    private func mail(_ node: JSONNode?) -> GatewaySettings.Mail? {
        guard let node, let object = ConfigObject(node, what: "gateway.alerts.mail", allowed: Self.mailKeys, problems: problems) else { return nil }
        func required(_ key: String) -> Bool {
            if object[key] == nil { problems.add(at: node.range.lowerBound, "gateway.alerts.mail has no \"\(key)\"") }
            return object[key] != nil
        }
        guard required("server"), required("from"), required("to"), let server = object.string("server"), let from = object.string("from"),
            let to = object.strings("to")
        else { return nil }
        if !server.hasPrefix("smtp://") && !server.hasPrefix("smtps://"), let value = object["server"] {
            object.wrong(value, "server", due: "an address such as \"smtp://mail.example:587\" or \"smtps://mail.example\"")
        }
        for (address, key) in [(from, "from")] + to.map({ ($0, "to") }) where !Self.isAddress(address) {
            if let value = object[key] {
                object.wrong(value, key, due: "mail addresses such as \"desk@example.com\"; \"\(SafeText.line(address, limit: 60))\" is none")
            }
        }
        var mail = GatewaySettings.Mail(server: server, from: from, to: to)
        for (key, path) in [("user", \GatewaySettings.Mail.user), ("password", \.password)] {
            guard let value = object[key] else { continue }
            if let name = value["env"]?.string {
                mail[keyPath: path] = .environment(name)
            } else {
                object.wrong(value, key, due: "{\"env\":\"NAME\"}, the name of an environment variable, never a value")
            }
        }
        return mail
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x3C && $0 != 0x3E }
    }
}
