import Costs
import FoundationEssentials
import HTTPTypes
import Stores
import WireCore

/// Ledger, budgets, alerts and the audit.
struct MoneyEndpoints {
    let parts: DeskParts

    var all: [Endpoint] { [ledger, budgets, alerts, audit] }

    private var ledger: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/ledger", name: "listLedger", summary: "Entries of the ledger, newest first.", group: "money", access: .read,
            parameters: [
                .query("from", .day, "The first day, in the desk's zone."), .query("to", .day, "The last day."),
                .query("operation", .text(upTo: 64), "Only this operation's."), .query("key", .text(upTo: 200), "Only this gateway key's."),
                .query("source", .sourceID, "Only this source's."), SourceEndpoints.limit,
                .query("cursor", .text(upTo: 300), SourceEndpoints.cursorNote),
            ], success: .json(200, .page("LedgerEntry")), problems: [404]
        ) { call in
            var query = LedgerQuery(limit: call.int("limit", default: 50))
            query.isNewestFirst = true
            query.from = call["from"].map { LedgerPeriod(String($0.prefix(10))) }
            query.to = call["to"].map { LedgerPeriod(String($0.prefix(10))) }
            query.operation = call["operation"]
            query.key = call["key"]
            query.source = call.sourceID("source")
            query.after = call["cursor"]
            let entries: [LedgerEntry]
            do {
                entries = try await parts.store.entries(query)
            } catch let error as DeskError where error.code == .usage {
                throw Problem.notFound(error.message, hint: error.hint)
            }
            return APIAnswer.page(entries, of: call, next: entries.count == query.limit ? entries.last?.id : nil) { $0.write(to: &$1) }
        }
    }

    private var budgets: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/budgets", name: "listBudgets",
            summary: "Where the desk, its operations and the gateway's keys stand today and this month.", group: "money", access: .read,
            success: .json(200, .object([.always("timeZone", .text), .always("items", .list(.named("Budget")))]))
        ) { _ in
            let plan = await parts.plan()
            let lines = try await parts.budgetLines()
            return APIAnswer.object { json in
                json.member("timeZone", plan.zone.identifier)
                json.key("items")
                json.array { list in
                    for line in lines { list.object { line.write(to: &$0) } }
                }
            }
        }
    }

    private var alerts: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/alerts", name: "listAlerts", summary: "Alerts that were raised, newest first.", group: "money",
            access: .read,
            parameters: [SourceEndpoints.limit], success: .json(200, .object([.always("items", .list(.named("Alert")))]))
        ) { call in
            let alerts = try await parts.store.raisedAlerts(limit: call.int("limit", default: 50))
            return APIAnswer.object { json in
                json.key("items")
                json.array { list in
                    for alert in alerts {
                        list.object {
                            $0.member("id", alert.id)
                            $0.member("message", alert.message)
                            $0.member("at", UTCTime.text(alert.at))
                            $0.key("deliveredTo")
                            $0.array { channels in alert.deliveredTo.forEach { channels.string($0) } }
                        }
                    }
                }
            }
        }
    }

    private var audit: Endpoint {
        Endpoint(
            method: .get, path: "/api/v1/audit", name: "listAudit", summary: "Changes that somebody asked for, newest first.", group: "audit",
            access: .read, parameters: [SourceEndpoints.limit, SourceEndpoints.cursor], success: .json(200, .page("AuditEntry"))
        ) { call in
            let limit = call.int("limit", default: 50)
            let entries = try await parts.store.auditEntries(before: call.numberedCursor, limit: limit)
            return APIAnswer.page(entries, of: call, next: entries.count == limit ? entries.last.map { String($0.id) } : nil) { entry, json in
                json.member("id", Int(entry.id))
                json.member("at", UTCTime.text(entry.at))
                json.member("actor", entry.actor)
                json.member("action", entry.action)
                json.member("subject", orNull: entry.subject)
                json.member("detail", orNull: entry.detail)
                json.member("failure", orNull: entry.failure)
            }
        }
    }
}

/// A scope's standing in a day or month, with its limit.
struct BudgetLine {
    var scope: BudgetScope
    var period: LedgerPeriod
    var limit: Money?
    var standing: BudgetStanding

    func write(to json: inout JSONWriter) {
        json.member("scope", scope.text)
        json.member("period", period.text)
        json.member("limitUSD", orNull: limit?.dollars)
        json.member("spentUSD", standing.spent.dollars)
        json.member("reservedUSD", standing.reserved.dollars)
    }
}

extension DeskParts {
    /// The desk's day and month, then every operation and key with a limit.
    func budgetLines() async throws -> [BudgetLine] {
        let plan = await plan()
        let day = plan.calendar.day(of: now)
        var scopes: [(BudgetScope, SpendingLimits)] = [(.desk, plan.desk)]
        scopes += plan.operations.sorted { $0.key < $1.key }.map { (.operation($0.key), $0.value) }
        scopes += try await store.gatewayKeys().filter { $0.revokedAt == nil && ($0.daily != nil || $0.monthly != nil) }.prefix(100).map {
            (.key($0.name), SpendingLimits(daily: $0.daily, monthly: $0.monthly))
        }
        var lines: [BudgetLine] = []
        for (scope, limits) in scopes {
            for (period, limit) in [(day, limits.daily), (day.month, limits.monthly)] where limit != nil || scope == .desk {
                lines.append(BudgetLine(scope: scope, period: period, limit: limit, standing: try await store.standing(of: scope, in: period)))
            }
        }
        return lines
    }
}
