import ArgumentParser
import Feeds
import Foundation
import WireCore

/// `wiredesk parse`: reads files as the host would read documents; touches neither network nor store.
struct ParseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parse", abstract: "Reads feed files and prints what is in them.",
        discussion: "A file that is no feed costs itself alone; the exit code is then 1. “-” reads standard input.")

    @Argument(help: "Files; “-” is standard input.", completion: .file()) var files: [String]
    @Flag(help: "Print JSON lines: a feed line, then an item line per entry.") var ndjson = false

    /// Files are read whole, up to this size.
    private static let mostBytes = 64 << 20

    func run() throws {
        var output = FeedOutput(isNDJSON: ndjson)
        var failed = false
        for file in files {
            switch Self.read(file) {
            case .success(let document): output.add(document, file: file)
            case .failure(let error):
                failed = true
                output.add(error, file: file)
            }
            output.flush(above: 256 << 10)
        }
        output.flush(above: 0)
        if failed { throw ExitCode(1) }
    }

    private static func read(_ file: String) -> Result<FeedDocument, FeedError> {
        do {
            let bytes = try bytes(of: file)
            var limits = FeedLimits()
            limits.items = 100_000
            limits.decodedBytes = mostBytes
            return .success(try FeedReader.read(bytes, limits: limits))
        } catch let error as FeedError {
            return .failure(error)
        } catch {
            return .failure(FeedError(.config, String(describing: error)))
        }
    }

    private static func bytes(of file: String) throws -> [UInt8] {
        let descriptor = file == "-" ? 0 : open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FeedError(.config, "cannot be opened: \(String(cString: strerror(errno)))") }
        defer { if descriptor != 0 { close(descriptor) } }
        var status = stat()
        let size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
        var bytes: [UInt8] = []
        var room = max(min(size, mostBytes) + 1, 64 << 10)
        while true {
            let piece = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = try fill(buffer, from: descriptor)
            }
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
            guard bytes.count <= mostBytes else { throw FeedError(.tooLarge, "larger than \(ByteCount(mostBytes))") }
            if piece.count < room { break }
            room = bytes.count
        }
        return bytes
    }

    /// Reads until the buffer is full or the file ends; returns how many bytes came.
    private static func fill(_ buffer: UnsafeMutableBufferPointer<UInt8>, from descriptor: Int32) throws -> Int {
        var count = 0
        while count < buffer.count {
            let got = Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw FeedError(.config, "cannot be read: \(String(cString: strerror(errno)))") }
            if got == 0 { break }
            count += got
        }
        return count
    }
}

/// Gathers what is printed and writes it in large pieces.
private struct FeedOutput {
    let isNDJSON: Bool
    private var json = JSONWriter(capacity: 512 << 10)
    private var text = ""

    init(isNDJSON: Bool) { self.isNDJSON = isNDJSON }

    mutating func flush(above size: Int) {
        if json.bytes.count > size {
            Output.bytes(json.bytes)
            json.reset()
        }
        if text.utf8.count > size {
            Output.text(text)
            text = ""
        }
    }

    mutating func add(_ error: FeedError, file: String) {
        guard isNDJSON else {
            text += "\(SafeText.line(file, limit: 200)): \(error.outcome.rawValue): \(SafeText.line(error.message, limit: 500))\n"
            return
        }
        json.object {
            $0.member("type", "error")
            $0.member("file", file)
            $0.member("outcome", error.outcome.rawValue)
            $0.member("message", error.message)
        }
        json.endLine()
    }

    mutating func add(_ document: FeedDocument, file: String) {
        guard isNDJSON else { return addText(document, file: file) }
        json.object {
            $0.member("type", "feed")
            $0.member("file", file)
            $0.member("version", document.version)
            $0.member(ifPresent: "title", document.title)
            $0.member(ifPresent: "url", document.url)
            $0.member(ifPresent: "language", document.language)
        }
        json.endLine()
        for index in document.items.indices {
            json.object { Self.write(document.items[index], index, file, to: &$0) }
            json.endLine()
        }
    }

    private static func write(_ item: Item, _ index: Int, _ file: String, to json: inout JSONWriter) {
        json.member("type", "item")
        json.member("file", file)
        json.member("index", index)
        json.member(ifPresent: "id", item.id)
        json.member(ifPresent: "title", item.title)
        json.member(ifPresent: "url", item.url)
        json.member(ifPresent: "author", item.author)
        json.member(ifPresent: "publishedAt", item.publishedAt)
        json.member(ifPresent: "updatedAt", item.updatedAt)
        json.member(ifPresent: "summary", item.summary)
        json.member(ifPresent: "content", item.content)
        if !item.categories.isEmpty {
            json.key("categories")
            json.array { list in item.categories.forEach { list.string($0) } }
        }
        guard !item.enclosures.isEmpty else { return }
        json.key("enclosures")
        json.array { list in
            for enclosure in item.enclosures {
                list.object {
                    $0.member("url", enclosure.url)
                    $0.member(ifPresent: "type", enclosure.type)
                    $0.member(ifPresent: "length", enclosure.length)
                }
            }
        }
    }

    /// What a reader should know of the document beside what is in it.
    private static func notes(_ document: FeedDocument) -> [String] {
        var notes = document.notes
        if document.isCutShort { notes.append("the document breaks off before its end; a poll would fail, and keep what is whole") }
        if document.rejectedEntries > 0 { notes.append("passed over: what could not be read, \(document.rejectedEntries) of the entries") }
        return notes
    }

    private mutating func addText(_ document: FeedDocument, file: String) {
        let palette = Palette()
        let facts = [document.version, document.language, document.url, document.items.count.counted("item")].compactMap { $0 }
        text += "\(palette.bold(SafeText.line(document.title ?? file, limit: 200)))  \(palette.dim(SafeText.line(facts.joined(separator: ", "))))\n"
        for note in Self.notes(document) { text += "  \(palette.warn("note")) \(SafeText.line(note))\n" }
        for item in document.items {
            let date = item.publishedAt.map(UTCTime.text) ?? "no date             "
            text += "  \(palette.dim(date))  \(SafeText.line(item.title ?? "(no title)", limit: 100))\n"
            if let url = item.url { text += "                        \(palette.dim(SafeText.line(url, limit: 120)))\n" }
        }
    }
}
