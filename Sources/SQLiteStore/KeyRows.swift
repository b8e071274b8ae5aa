import Costs
import FoundationEssentials
import GRDB
import Stores
import WireCore

/// `gateway_keys`.
extension Database {
    func addKey(_ key: GatewayKey) throws {
        let columns = "name, hash, daily, monthly, created_at, revoked_at"
        try run(
            "INSERT INTO gateway_keys (\(columns)) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", .text(key.name), .text(key.hash),
            SQLValue(key.daily), SQLValue(key.monthly), SQLValue(key.createdAt), SQLValue(key.revokedAt))
        guard changesCount == 1 else {
            throw DeskError(
                .usage, "there is a key named \"\(SafeText.line(key.name, limit: 80))\" already, or one with the same secret",
                hint: "Choose another name; `wiredesk keys` lists them all, revoked ones too.")
        }
    }

    func gatewayKeys() throws -> [GatewayKey] {
        try rows("\(Self.selectKeys) ORDER BY name", [], Self.key)
    }

    func gatewayKey(hash: String) throws -> GatewayKey? {
        try first("\(Self.selectKeys) WHERE hash = ?", .text(hash), make: Self.key)
    }

    func revokeKey(name: String, at instant: Date) throws -> Bool {
        try run("UPDATE gateway_keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", SQLValue(instant), .text(name))
        return changesCount == 1
    }

    private static let selectKeys = "SELECT name, hash, daily, monthly, created_at, revoked_at FROM gateway_keys"

    private static func key(_ row: SQLRow) -> GatewayKey {
        GatewayKey(
            name: row.text(0), hash: row.text(1), daily: row.optionalMoney(2), monthly: row.optionalMoney(3), createdAt: row.date(4),
            revokedAt: row.optionalDate(5))
    }
}
