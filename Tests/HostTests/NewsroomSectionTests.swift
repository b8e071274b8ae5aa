import Foundation
import Host
import Newsroom
import Testing
import WireCore

@Suite("The registry's newsroom section") struct NewsroomSectionTests {
    private static func read(_ section: String) throws(RegistryRefusal) -> NewsroomSettings {
        let sources = ["a", "b"].map { #"{"id":"\#($0)","kind":"feed","url":"https://\#($0).example/"}"# }.joined(separator: ",")
        return try RegistryReader.read(Array(#"{"version":1,"newsroom":\#(section),"sources":[\#(sources)]}"#.utf8), file: "r.json").newsroom
    }

    @Test("Nothing said is New York at eight and eight, with models")
    func defaults() throws {
        let settings = try RegistryReader.read(Array(#"{"version":1,"sources":[]}"#.utf8), file: "r.json").newsroom
        #expect(settings == NewsroomSettings())
        #expect(settings.zone.identifier == "America/New_York")
        #expect(settings.schedule[.morningBriefing].time == .daily(WallTime(hour: 8, minute: 0)))
        #expect(settings.schedule[.eveningBriefing].time == .daily(WallTime(hour: 20, minute: 0)))
    }

    @Test("Every value is read")
    func values() throws {
        let settings = try Self.read(
            """
            {"timeZone":"Europe/Berlin",
             "enrichment":{"models":["m"],"premium":["a"],"skip":["b"],"importantWords":["x"],"batch":3,"patience":"5m","oldest":"2d","articlesPerDay":9,"callsPerRun":7},
             "briefings":{"morning":"7:30","evening":"19:00","models":["w"],"reviewModels":["r"],"refinements":1,"deliver":false},
             "alerts":{"breakerOpenFor":"2h","quietTimes":null,"newEntitySources":5,"velocity":{"mentions":4,"times":2.5},"divergence":0.9,"cooldown":"6h",
              "prices":[{"coin":"bitcoin","move":"5%","within":"1h"},{"coin":"ethereum","above":5000,"cooldown":"12h"},{"coin":"solana","below":100.5}]}}
            """)
        #expect(settings.zone.identifier == "Europe/Berlin")
        #expect(settings.enrichment.models == ["m"] && settings.enrichment.usesModel && settings.enrichment.premiumSources == ["a"])
        #expect(settings.enrichment.skipSources == ["b"] && settings.enrichment.importantWords == ["x"] && settings.enrichment.batch == 3)
        #expect(
            settings.enrichment.patience == .seconds(300) && settings.enrichment.oldest == .seconds(2 * 86_400)
                && settings.enrichment.callsPerRun == 7)
        #expect(settings.enrichment.articlesPerDay == 9)
        #expect(settings.briefings.morning == WallTime(hour: 7, minute: 30) && settings.briefings.evening == WallTime(hour: 19, minute: 0))
        #expect(settings.briefings.models == ["w"] && settings.briefings.reviewModels == ["r"] && settings.briefings.refinements == 1)
        #expect(!settings.briefings.isDelivered)
        #expect(settings.alerts.breakerOpenFor == .seconds(7200) && settings.alerts.quietTimes == nil && settings.alerts.newEntitySources == 5)
        #expect(settings.alerts.velocity?.mentions == 4 && settings.alerts.velocity?.times == 2.5 && settings.alerts.divergence == 0.9)
        #expect(settings.alerts.cooldown == .seconds(6 * 3600))
        #expect(
            settings.alerts.prices == [
                PriceRule(coin: "bitcoin", condition: .move(percent: 5, within: .seconds(3600))),
                PriceRule(coin: "ethereum", condition: .above(5000), cooldown: .seconds(12 * 3600)),
                PriceRule(coin: "solana", condition: .below(100.5)),
            ])
    }

    @Test("An empty list of models means that none is asked")
    func none() throws {
        let settings = try Self.read(#"{"enrichment":{"models":[]},"briefings":{"models":[]}}"#)
        #expect(!settings.enrichment.usesModel && !settings.briefings.usesModel)
    }

    @Test(
        "What is wrong is named with its place and what is allowed",
        arguments: [
            (#"{"timeZone":"Mars/Olympus"}"#, "r.json:1:37: timeZone of newsroom is \"Mars/Olympus\", but must be an IANA time zone"),
            (#"{"breifings":{}}"#, "unknown key \"breifings\" in newsroom; did you mean \"briefings\"?"),
            (#"{"briefings":{"morning":"25:00"}}"#, "morning of newsroom.briefings is \"25:00\", but must be a time of day such as \"08:00\""),
            (#"{"briefings":{"refinements":3}}"#, "refinements of newsroom.briefings is 3, but must be a whole number from 0 to 2"),
            (#"{"alerts":{"prices":[{"coin":"bitcoin"}]}}"#, "the rule for bitcoin must say exactly one of"),
            (#"{"alerts":{"prices":[{"coin":"bitcoin","move":"5%"}]}}"#, "the rule for bitcoin says \"move\" but not \"within\""),
            (#"{"alerts":{"prices":[{"coin":"bitcoin","move":"five","within":"1h"}]}}"#, "move of a rule of newsroom.alerts.prices is \"five\""),
            (#"{"alerts":{"prices":[{"above":1}]}}"#, "has no \"coin\""), (#"{"enrichment":{"batch":0}}"#, "batch of newsroom.enrichment is 0"),
            (#"{"enrichment":{"premium":["a","bb"]}}"#, "1:55: premium of newsroom.enrichment holds \"bb\", which is no source"),
            (#"{"enrichment":{"skip":["A B"]}}"#, "skip of newsroom.enrichment holds \"A B\", which is no source"),
        ])
    func wrong(section: String, message: String) {
        let refusal = #expect(throws: RegistryRefusal.self) { try Self.read(section) }
        #expect(refusal?.description.contains(message) == true, "\(refusal?.description ?? "")")
    }
}
