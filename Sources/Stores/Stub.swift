public import WireCore
extension ArticleDraft { public static func drafts(of items: [Item]) -> [ArticleDraft] { [] } }
