import WireCore

/// A table for a terminal: columns as wide as they need be, the last one cut to what is left of the line.
struct Table {
    /// A cell's text and how to paint it once its width is known.
    struct Cell {
        var text: String
        var paint: (String) -> String = { $0 }
        /// Characters of a cell; what is longer is nothing to look at in a table.
        private static let longest = 1000

        init(_ text: String, paint: @escaping (String) -> String = { $0 }) {
            self.text = SafeText.line(text, limit: Self.longest)
            self.paint = paint
        }

        init(number: Int) { text = "\(number)" }
    }

    let header: [String]
    /// Columns of numbers, set right.
    var rightAligned: Set<Int> = []
    private(set) var rows: [[Cell]] = []

    init(_ header: [String], rightAligned: Set<Int> = []) {
        self.header = header
        self.rightAligned = rightAligned
    }

    mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// The table's lines. `width`: columns of the terminal; nil does not cut.
    func rendered(_ palette: Palette, width: Int?) -> String {
        let all = [header.map { Cell($0, paint: palette.dim) }] + rows
        let widths = header.indices.map { column in all.map { Self.width($0[column].text) }.max() ?? 0 }
        let last = header.count - 1
        let room = width.map { max(12, $0 - widths.dropLast().reduce(0) { $0 + $1 + 2 }) }
        var out = ""
        for row in all {
            var line = ""
            for (column, cell) in row.enumerated() {
                let text = column == last && room != nil ? Self.cut(cell.text, to: room ?? 0) : cell.text
                let pad = String(repeating: " ", count: max(0, widths[column] - Self.width(text)))
                let painted = cell.paint(text)
                line += rightAligned.contains(column) ? pad + painted : column == last ? painted : painted + pad
                if column < last { line += "  " }
            }
            while line.hasSuffix(" ") { line.removeLast() }
            out += line + "\n"
        }
        return out
    }

    /// Columns that a text takes; wide characters (East Asian, emoji) take two.
    static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { sum, character in
            let value = character.unicodeScalars.first?.value ?? 0
            let isWide =
                (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value) || (0xAC00...0xD7A3).contains(value)
                || (0xF900...0xFAFF).contains(value) || (0xFE30...0xFE6F).contains(value) || (0xFF00...0xFF60).contains(value)
                || (0x1F300...0x1FAFF).contains(value)
            return sum + (isWide ? 2 : 1)
        }
    }

    /// At most `columns` wide, with an ellipsis where something is missing.
    static func cut(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        var out = ""
        var used = 0
        for character in text {
            let next = width(String(character))
            guard used + next < columns else { break }
            used += next
            out.append(character)
        }
        return out + "…"
    }
}
