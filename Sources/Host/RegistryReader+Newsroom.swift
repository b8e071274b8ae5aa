import Foundation
import Newsroom
import WireCore

/// Reads the registry's `newsroom` section.
struct NewsroomSection {
    static let keys = ["timeZone", "enrichment", "briefings", "alerts"]
    static let enrichmentKeys = ["models", "premium", "skip", "importantWords", "batch", "patience", "oldest", "articlesPerDay", "callsPerRun"]
    static let briefingKeys = ["morning", "evening", "models", "reviewModels", "refinements", "deliver"]
    static let alertKeys = ["breakerOpenFor", "quietTimes", "newEntitySources", "velocity", "divergence", "cooldown", "prices"]
    static let velocityKeys = ["mentions", "times"]
    static let priceKeys = ["coin", "move", "within", "above", "below", "cooldown"]

    let problems: FileProblemList

    func read(_ node: JSONNode?) -> NewsroomSettings {
        var settings = NewsroomSettings()
        guard let node, let object = ConfigObject(node, what: "newsroom", allowed: Self.keys, problems: problems) else { return settings }
        if let zone = object.timeZone("timeZone") { settings.zone = zone }
        enrichment(object["enrichment"], &settings.enrichment)
        briefings(object["briefings"], &settings.briefings)
        alerts(object["alerts"], &settings.alerts)
        return settings
    }

    private func enrichment(_ node: JSONNode?, _ settings: inout EnrichmentSettings) {
        guard let node, let object = ConfigObject(node, what: "newsroom.enrichment", allowed: Self.enrichmentKeys, problems: problems) else {
            return
        }
        if let models = models(object, "models") { (settings.models, settings.usesModel) = (models, !models.isEmpty) }
        if let premium = object.strings("premium", due: "a source's id") { settings.premiumSources = Set(premium) }
        if let skip = object.strings("skip", due: "a source's id") { settings.skipSources = Set(skip) }
        if let words = object.strings("importantWords", due: "a word or a phrase; \"hack*\" stands for every word that begins so") {
            settings.importantWords = Set(words)
        }
        if let batch = object.int("batch", in: 1...20) { settings.batch = batch }
        if let patience = object.duration("patience", in: .zero...(.seconds(86_400))) { settings.patience = patience }
        if let oldest = object.duration("oldest", in: .seconds(3600)...(.seconds(365 * 86_400))) { settings.oldest = oldest }
        if let articles = object.int("articlesPerDay", in: 0...1_000_000) { settings.articlesPerDay = articles }
        if let calls = object.int("callsPerRun", in: 1...1000) { settings.callsPerRun = calls }
    }

    private func briefings(_ node: JSONNode?, _ settings: inout BriefingSettings) {
        guard let node, let object = ConfigObject(node, what: "newsroom.briefings", allowed: Self.briefingKeys, problems: problems) else { return }
        if let morning = wallTime(object, "morning") { settings.morning = morning }
        if let evening = wallTime(object, "evening") { settings.evening = evening }
        if let models = models(object, "models") { (settings.models, settings.usesModel) = (models, !models.isEmpty) }
        if let models = models(object, "reviewModels") { settings.reviewModels = models }
        if let refinements = object.int("refinements", in: 0...2) { settings.refinements = refinements }
        if let deliver = object["deliver"] {
            if let flag = deliver.bool { settings.isDelivered = flag } else { object.wrong(deliver, "deliver", due: "true or false") }
        }
    }

    private func alerts(_ node: JSONNode?, _ settings: inout AlertSettings) {
        guard let node, let object = ConfigObject(node, what: "newsroom.alerts", allowed: Self.alertKeys, problems: problems) else { return }
        let span = Duration.seconds(60)...(.seconds(365 * 86_400))
        object.read("breakerOpenFor", into: &settings.breakerOpenFor) { object.duration($0, in: span) }
        object.read("quietTimes", into: &settings.quietTimes) { object.number($0, in: 1...1000) }
        object.read("newEntitySources", into: &settings.newEntitySources) { object.int($0, in: 1...1000) }
        object.read("divergence", into: &settings.divergence) { object.number($0, in: 0...2) }
        object.read("velocity", into: &settings.velocity) { object[$0].flatMap(velocity) }
        if let cooldown = object.duration("cooldown", in: span) { settings.cooldown = cooldown }
        guard let list = object["prices"] else { return }
        guard let rules = list.array else { return object.wrong(list, "prices", due: "a list of rules") }
        settings.prices = rules.compactMap(price)
    }

    private func velocity(_ node: JSONNode) -> AlertSettings.Velocity? {
        guard let object = ConfigObject(node, what: "newsroom.alerts.velocity", allowed: Self.velocityKeys, problems: problems) else { return nil }
        var rule = AlertSettings.Velocity()
        if let mentions = object.int("mentions", in: 1...100_000) { rule.mentions = mentions }
        if let times = object.number("times", in: 1...1000) { rule.times = times }
        return rule
    }

    private func price(_ node: JSONNode) -> PriceRule? {
        guard let object = ConfigObject(node, what: "a rule of newsroom.alerts.prices", allowed: Self.priceKeys, problems: problems) else {
            return nil
        }
        guard let coin = object.string("coin", due: "a coin as its source names it, such as \"bitcoin\"") else {
            if object["coin"] == nil { problems.add(at: node.range.lowerBound, "a rule of newsroom.alerts.prices has no \"coin\"") }
            return nil
        }
        let span = Duration.seconds(60)...(.seconds(30 * 86_400))
        var conditions: [PriceRule.Condition] = []
        if object["move"] != nil {
            guard let percent = percent(object), let within = object.duration("within", in: span) else {
                if object["within"] == nil {
                    problems.add(at: node.range.lowerBound, "the rule for \(SafeText.line(coin, limit: 40)) says \"move\" but not \"within\"")
                }
                return nil
            }
            conditions.append(.move(percent: percent, within: within))
        }
        if let level = object.number("above", in: 0...1e15) { conditions.append(.above(level)) }
        if let level = object.number("below", in: 0...1e15) { conditions.append(.below(level)) }
        guard conditions.count == 1, let condition = conditions.first else {
            problems.add(
                at: node.range.lowerBound,
                "the rule for \(SafeText.line(coin, limit: 40)) must say exactly one of \"move\" with \"within\", \"above\", \"below\"")
            return nil
        }
        var rule = PriceRule(coin: coin, condition: condition)
        if let cooldown = object.duration("cooldown", in: span) { rule.cooldown = cooldown }
        return rule
    }

    /// "5%" as 5.
    private func percent(_ object: ConfigObject) -> Double? {
        guard let node = object["move"] else { return nil }
        guard let text = node.string, text.hasSuffix("%"), let value = Double(text.dropLast().filter { $0 != " " }), value > 0, value <= 1000 else {
            object.wrong(node, "move", due: "a share such as \"5%\"")
            return nil
        }
        return value
    }

    private func models(_ object: ConfigObject, _ key: String) -> [String]? {
        object.strings(key, due: "a model's id, as `wiredesk prices list` shows it")
    }

    private func wallTime(_ object: ConfigObject, _ key: String) -> WallTime? {
        guard let node = object[key] else { return nil }
        guard let time = node.string.flatMap({ WallTime(parsing: $0) }) else {
            object.wrong(node, key, due: "a time of day such as \"08:00\"")
            return nil
        }
        return time
    }
}
