import Costs
import FoundationEssentials
import Stores
import WireCore

/// A settlement as one line: sixteen hexadecimal digits of a hash, a blank, JSON, a line feed. By the hash a line that was written in part
/// is told from a whole one.
extension Settlement {
    var journalLine: [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("id", id)
            json.member("at", Int(at.milliseconds))
            json.member("status", status.rawValue)
            json.member("cost", Int(cost.picodollars))
            json.key("usage")
            json.array { json in
                for number in UsageNumbers.of(usage) { json.number(number) }
            }
            json.member("batch", terms.isBatch)
            json.member("region", orNull: terms.region)
            json.member("speed", orNull: terms.speed)
            json.member("tier", orNull: terms.serviceTier)
            json.member("priceFrom", priceFrom)
            json.member("messageID", orNull: messageID)
            json.member("rawUsage", orNull: rawUsage)
            json.member("note", orNull: note)
        }
        return Array(Self.hash(json.bytes).utf8) + [0x20] + json.bytes + [0x0A]
    }

    /// Without its line feed; nil for anything that was not written whole.
    init?(journalLine line: ArraySlice<UInt8>) {
        let (hash, rest) = (line.prefix(16), line.dropFirst(16))
        let json = Array(rest.dropFirst())
        guard rest.first == 0x20, hash.elementsEqual(Self.hash(json).utf8), let node = try? JSONReader.read(json, maximumDepth: 4),
            let id = node["id"]?.string, let at = node["at"]?.int, let status = node["status"]?.string.flatMap(EntryStatus.init(rawValue:)),
            let cost = node["cost"]?.int, let priceFrom = node["priceFrom"]?.string, let numbers = node["usage"]?.array?.compactMap(\.int),
            let usage = UsageNumbers.usage(numbers)
        else { return nil }
        self.init(
            id: id, at: Date(milliseconds: Int64(at)), status: status, cost: Money(picodollars: Int64(cost)), usage: usage,
            terms: CallTerms(
                isBatch: node["batch"]?.bool ?? false, region: node["region"]?.string, speed: node["speed"]?.string,
                serviceTier: node["tier"]?.string),
            priceFrom: priceFrom, messageID: node["messageID"]?.string, rawUsage: node["rawUsage"]?.string, note: node["note"]?.string)
    }

    private static func hash(_ bytes: [UInt8]) -> String {
        var hash = StableHash()
        for byte in bytes { hash.add(byte) }
        return hash.hex
    }
}
