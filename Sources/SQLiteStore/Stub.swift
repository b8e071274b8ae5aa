public import Stores
public import WireCore
public import FoundationEssentials
import GRDB
public final class SQLiteStore: DeskStore {
  public init(path: String, readers: Int = 4) throws {}
  public func sourceStates() async throws -> [SourceID: SourceState] { [:] }
  public func sourceState(of source: SourceID) async throws -> SourceState? { nil }
  public func file(_ filing: PollFiling) async throws -> FilingResult { FilingResult(items: ItemCounts(), state: filing.state, newArticles: []) }
  public func save(_ state: SourceState) async throws -> SourceState { state }
  public func articles(_ query: ArticleQuery) async throws -> [Article] { [] }
  public func articleCounts() async throws -> [SourceID: Int] { [:] }
  public func polls(of source: SourceID?, limit: Int) async throws -> [PollRecord] { [] }
  public func prune(pollsBefore: Date, articlesBefore: Date?) async throws -> Int { 0 }
  public func preview(_ drafts: [ArticleDraft], of source: SourceID) async throws -> ItemCounts { ItemCounts() }
  public func check() async throws -> [String] { [] }
  public func close() async throws {}
}
