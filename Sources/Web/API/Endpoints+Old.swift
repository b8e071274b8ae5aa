import Costs
import FoundationEssentials
import HTTPTypes
import Stores
import WireCore

/// The seven endpoints of the system that wiredesk replaces, with its paths, names and types, so that its dashboards keep working. Money is
/// a rounded number, as it was; beside each stands the exact amount under the same name with `_exact`.
struct OldEndpoints {
    let parts: DeskParts

    var all: [Endpoint] { [summary, daily, byModel, cacheStatistics, clearExpired, processing, trigger] }

    private func endpoint(
        _ path: String, _ name: String, _ summary: String, days standard: Int? = nil, _ shape: Shape,
        _ run: @escaping @Sendable (APICall) async throws -> APIAnswer
    ) -> Endpoint {
        Endpoint(
            method: .get, path: path, name: name, summary: summary, group: "compatible", access: .read,
            parameters: standard.map { [.query("days", .integer(1...366), "How many days, today included.", standard: $0)] } ?? [],
            success: .json(200, shape), isStrict: false, run: run)
    }

    private static func money(_ name: String) -> [Shape.Member] { [.always(name, .number), .always(name + "_exact", .dollars)] }
    private static let percent = Shape.number.noted("0 to 100, two decimals.")

    // MARK: - Costs

    private var summary: Endpoint {
        let operation = Shape.object(
            Self.money("cost")
                + ["calls", "cached_calls", "input_tokens", "output_tokens"].map { .always($0, .count) })
        let shape = Shape.object(
            Self.money("month_to_date") + Self.money("projected_monthly") + [
                .always("days_elapsed", .integer(1...31)), .always("total_calls", .count), .always("cached_calls", .count),
                .always("cache_hit_rate_percent", Self.percent), .always("breakdown_by_operation", .map(operation)),
            ])
        return endpoint("/admin/api-costs/summary", "oldCostSummary", "What the month has cost so far, and by operation.", shape) { _ in
            let report = try await parts.spending()
            let whole = report.whole
            return APIAnswer.object { json in
                json.money("month_to_date", MoneySum(report.month.spent))
                json.money("projected_monthly", report.projected)
                json.member("days_elapsed", report.daysElapsed)
                json.member("total_calls", whole.calls)
                json.member("cached_calls", whole.cachedCalls)
                json.member("cache_hit_rate_percent", whole.cachedPercent)
                json.key("breakdown_by_operation")
                json.object { operations in
                    for group in report.groups(by: .operation) {
                        operations.key(escaping: group.name)
                        operations.object {
                            $0.money("cost", group.cost)
                            $0.member("calls", group.calls)
                            $0.member("cached_calls", group.cachedCalls)
                            $0.member("input_tokens", group.usage.promptTokens)
                            $0.member("output_tokens", group.usage.outputTokens)
                        }
                    }
                }
            }
        }
    }

    private var daily: Endpoint {
        let operation = Shape.object(Self.money("cost") + [.always("calls", .count)])
        let day = Shape.object(
            [.always("date", .day)] + Self.money("total_cost") + [
                .always("total_calls", .count), .always("cached_calls", .count), .always("cache_hit_rate", Self.percent),
                .always("operations", .map(operation)),
            ])
        let shape = Shape.object([.always("days_requested", .integer), .always("daily_costs", .list(day))] + Self.money("total_cost"))
        return endpoint("/admin/api-costs/daily", "oldDailyCosts", "What each day cost, oldest first.", days: 7, shape) { call in
            let days = call.int("days", default: 7)
            let (day, totals) = try await parts.dailyTotals(days)
            let byDay = Dictionary(grouping: totals, by: \.period)
            return APIAnswer.object { json in
                json.member("days_requested", days)
                json.key("daily_costs")
                json.array { list in
                    for day in DeskParts.days(days, to: day) { list.object { Self.write(day, byDay[day] ?? [], to: &$0) } }
                }
                json.money("total_cost", SpendingGroup(name: "", adding: totals).cost)
            }
        }
    }

    private static func write(_ day: LedgerPeriod, _ totals: [LedgerTotal], to json: inout JSONWriter) {
        let whole = SpendingGroup(name: day.text, adding: totals)
        json.member("date", day.text)
        json.money("total_cost", whole.cost)
        json.member("total_calls", whole.calls)
        json.member("cached_calls", whole.cachedCalls)
        json.member("cache_hit_rate", whole.cachedPercent)
        json.key("operations")
        json.object { operations in
            for group in SpendingGroup.groups(of: totals, by: .operation) {
                operations.key(escaping: group.name)
                operations.object {
                    $0.money("cost", group.cost)
                    $0.member("calls", group.calls)
                }
            }
        }
    }

    private var byModel: Endpoint {
        let model = Shape.object(
            [.always("model", .text)] + Self.money("total_cost") + [
                .always("total_calls", .count), .always("cached_calls", .count), .always("cache_hit_rate_percent", Self.percent),
                .always("input_tokens", .count), .always("output_tokens", .count),
            ] + Self.money("avg_cost_per_call"))
        let shape = Shape.object([.always("period_days", .integer), .always("models", .list(model))] + Self.money("total_cost"))
        return endpoint("/admin/api-costs/by-model", "oldCostsByModel", "What each model cost, the dearest first.", days: 30, shape) { call in
            let days = call.int("days", default: 30)
            let (_, totals) = try await parts.dailyTotals(days)
            return APIAnswer.object { json in
                json.member("period_days", days)
                json.key("models")
                json.array { list in
                    for group in SpendingGroup.groups(of: totals, by: .model) {
                        list.object {
                            $0.member("model", group.name)
                            $0.money("total_cost", group.cost)
                            $0.member("total_calls", group.calls)
                            $0.member("cached_calls", group.cachedCalls)
                            $0.member("cache_hit_rate_percent", group.cachedPercent)
                            $0.member("input_tokens", group.usage.promptTokens)
                            $0.member("output_tokens", group.usage.outputTokens)
                            $0.money("avg_cost_per_call", group.costPerCall)
                        }
                    }
                }
                json.money("total_cost", SpendingGroup(name: "", adding: totals).cost)
            }
        }
    }

    // MARK: - Cache

    private var cacheStatistics: Endpoint {
        let shape = Shape.object([
            .always("cache_entries", .object(["total", "active", "expired"].map { .always($0, .count) })),
            .always(
                "performance",
                .object(
                    ["cache_hits", "cache_misses", "total_requests"].map { .always($0, .count) } + [.always("hit_rate_percent", Self.percent)])),
        ])
        return endpoint("/admin/cache/stats", "oldCacheStatistics", "The cache of answers, and how it did this month.", shape) { _ in
            let statistics = try await parts.store.cacheStatistics(now: parts.now)
            let whole = try await parts.spending().whole
            return APIAnswer.object { json in
                json.key("cache_entries")
                json.object {
                    $0.member("total", statistics.total)
                    $0.member("active", statistics.total - statistics.expired)
                    $0.member("expired", statistics.expired)
                }
                json.key("performance")
                json.object {
                    $0.member("cache_hits", whole.cachedCalls)
                    $0.member("cache_misses", whole.calls - whole.cachedCalls)
                    $0.member("total_requests", whole.calls)
                    $0.member("hit_rate_percent", whole.cachedPercent)
                }
            }
        }
    }

    private var clearExpired: Endpoint {
        Endpoint(
            method: .post, path: "/admin/cache/clear-expired", name: "oldClearExpired", summary: "Lets go of cached answers that have expired.",
            group: "compatible", access: .change, success: .json(200, .object([.always("deleted_count", .count), .always("message", .text)])),
            isStrict: false
        ) { call in
            let count = try await parts.clearExpiredAnswers(by: call.request.visitor)
            return APIAnswer.object {
                $0.member("deleted_count", count)
                $0.member("message", "Cleared \(count) expired cache entries")
            }
        }
    }

    // MARK: - Processing and briefings

    private var processing: Endpoint {
        let source = Shape.object([
            .always("source", .text), .always("total_articles", .count), .always("llm_extractions", .count),
            .always("simple_extractions", .count), .always("llm_percentage", Self.percent),
        ])
        let shape = Shape.object([
            .always("period_days", .integer), .always("sources", .list(source)),
            .always(
                "summary",
                .object(["total_articles", "total_llm_extractions", "total_simple_extractions"].map { .always($0, .count) })),
        ])
        return endpoint("/admin/processing/stats", "oldProcessing", "How each source's articles were read.", days: 7, shape) { call in
            let days = call.int("days", default: 7)
            let lines = try await parts.processing(days: days)
            return APIAnswer.object { json in
                json.member("period_days", days)
                json.key("sources")
                json.array { list in
                    for line in lines {
                        list.object {
                            $0.member("source", line.source.text)
                            $0.member("total_articles", line.articles)
                            $0.member("llm_extractions", line.model)
                            $0.member("simple_extractions", line.simple)
                            $0.member("llm_percentage", line.modelPercent)
                        }
                    }
                }
                json.key("summary")
                json.object {
                    $0.member("total_articles", lines.reduce(0) { $0 + $1.articles })
                    $0.member("total_llm_extractions", lines.reduce(0) { $0 + $1.model })
                    $0.member("total_simple_extractions", lines.reduce(0) { $0 + $1.simple })
                }
            }
        }
    }

    private var trigger: Endpoint {
        let kwargs = Shape.object([.always("briefing_type", .text), .always("force", .flag), .always("is_smoke", .flag)])
        let shape = Shape.object([.always("task_id", .text), .always("task_name", .text), .always("kwargs", kwargs), .always("message", .text)])
        return Endpoint(
            method: .post, path: "/admin/trigger-briefing", name: "oldTriggerBriefing", summary: "Orders a briefing now.", group: "compatible",
            access: .change,
            parameters: [
                .query(
                    "briefing_type", .oneOf(BriefingSlot.allCases.map(\.rawValue)),
                    "Which one; without, by the hour in the desk's zone: before 14 morning, before 20 afternoon, else evening."),
                .query("force", .flag, "Also where the slot has one already; true unless said otherwise."),
                .query("is_smoke", .flag, "A trial that is not published; false unless said otherwise."),
            ], success: .json(200, shape), problems: [409], isStrict: false
        ) { call in
            let order = BriefingOrder(
                slot: call["briefing_type"].flatMap(BriefingSlot.init), isForced: call.flag("force", default: true),
                isSmoke: call.flag("is_smoke", default: false))
            let ticket = try await parts.order(order, by: call.request.visitor)
            return APIAnswer.object { json in
                json.member("task_id", ticket.id)
                json.member("task_name", "generate_\(ticket.slot.rawValue)_briefing")
                json.key("kwargs")
                json.object {
                    $0.member("briefing_type", ticket.slot.rawValue)
                    $0.member("force", order.isForced)
                    $0.member("is_smoke", order.isSmoke)
                }
                json.member("message", ticket.message)
            }
        }
    }
}

/// How a source's articles of a span were read.
struct ProcessingLine: Sendable {
    var source: SourceID
    var articles: Int
    var model: Int
    var simple: Int

    /// Two decimals; 0 where none was read.
    var modelPercent: Double { model + simple == 0 ? 0 : (Double(model) / Double(model + simple) * 10_000).rounded() / 100 }
}

extension DeskParts {
    /// The sources by their articles of the last days, most first.
    func processing(days: Int) async throws -> [ProcessingLine] {
        let start = now.addingTimeInterval(-86_400 * Double(days))
        let articles = try await store.articleCounts(since: start)
        let counts = try await newsroom?.store.processingCounts(from: start, to: now) ?? []
        let read = Dictionary(counts.map { ($0.source, $0) }, uniquingKeysWith: { first, _ in first })
        return Set(articles.keys).union(read.keys).map { source in
            ProcessingLine(
                source: source, articles: articles[source] ?? 0, model: read[source]?.model ?? 0, simple: read[source]?.simple ?? 0)
        }.sorted { ($1.articles, $0.source) < ($0.articles, $1.source) }
    }
}

extension DeskParts {
    /// Today, and the sums of the last days by all that they can be grouped by.
    fileprivate func dailyTotals(_ days: Int) async throws -> (LedgerPeriod, [LedgerTotal]) {
        let today = await plan().calendar.day(of: now)
        return (today, try await store.dailyTotals(from: Self.day(back: days - 1, from: today), to: today))
    }
}

extension SpendingGroup {
    /// Rounded down to a picodollar; zero where there was no call.
    var costPerCall: MoneySum { MoneySum(picodollars: calls == 0 ? 0 : cost.picodollars / Int128(calls)) }
}

extension JSONWriter {
    /// Four decimals for old clients, more where that would show nothing; and the exact amount.
    fileprivate mutating func money(_ name: String, _ sum: MoneySum) {
        let rounded = sum.text(decimals: 4)
        money(name, sum.dollars, rounded: sum == MoneySum() ? "0" : rounded == "0.0000" ? sum.text(decimals: 8) : rounded)
    }
}
