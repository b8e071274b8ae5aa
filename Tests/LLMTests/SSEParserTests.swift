import Testing

@testable import LLM

@Suite("The event stream's parser")
struct SSEParserTests {
    private func words(_ events: [SSEEvent]) -> [String] {
        events.map { "\($0.name):" + ($0.data.map { String(decoding: $0, as: UTF8.self) } ?? "-") }
    }

    static let streams: [(text: String, expected: [String])] = [
        ("data: a\n\n", ["message:a"]), ("event: x\ndata: a\ndata: b\n\ndata:c\n\n", ["x:a\nb", "message:c"]),
        ("data: a\r\n\r\nevent: y\r\ndata: b\r\n\r\n", ["message:a", "y:b"]), ("data: a\r\rdata: b\r\r", ["message:a", "message:b"]),
        (": hello\n\ndata: a\n\n", ["message:-", "message:a"]), ("\u{FEFF}data: a\n\n", ["message:a"]),
        ("data\n\ndata:\ndata:\n\n", ["message:", "message:\n"]), ("data:  two\nid: 7\nretry: 5\nunknown: x\n\n", ["message: two"]),
        ("event: gone\n\ndata: a\n\n", ["gone:-", "message:a"]), ("data: a\n\r\ndata: é✓\r\n\n", ["message:a", "message:é✓"]),
        ("data: never ended\n", []), ("data: a\n\n: tail", ["message:a"]), ("data: \u{FEFF}x\n\n", ["message:\u{FEFF}x"]),
    ]

    @Test("Events, names and raw bytes are the same wherever the pieces are cut", arguments: streams)
    func everySplit(_ text: String, _ expected: [String]) throws {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            for second in cut...bytes.count {
                var parser = SSEParser()
                let events = try parser.receive(bytes[..<cut]) + parser.receive(bytes[cut..<second]) + parser.receive(bytes[second...])
                #expect(words(events) == expected)
                #expect(events.flatMap(\.raw) + parser.remainder == bytes)
            }
        }
    }

    @Test("Byte by byte is no different")
    func byteByByte() throws {
        for (text, expected) in Self.streams {
            var parser = SSEParser()
            var events: [SSEEvent] = []
            for byte in text.utf8 { events += try parser.receive(CollectionOfOne(byte)) }
            #expect(words(events) == expected)
        }
    }

    @Test("An event of exactly the ceiling passes; one byte more fails, and goes on failing")
    func ceiling() throws {
        var exact = SSEParser(ceiling: 9)
        #expect(try exact.receive(Array("data: a\n\n".utf8)).count == 1)
        var parser = SSEParser(ceiling: 9)
        #expect(throws: SSETooLarge.self) { try parser.receive(Array("data: ab\n\n".utf8)) }
        #expect(throws: SSETooLarge.self) { try parser.receive(Array("data: a\n\n".utf8)) }
        var late = SSEParser(ceiling: 9)
        #expect(try late.receive(Array("data: a\n\ndata: too long".utf8)).count == 1)
        #expect(throws: SSETooLarge.self) { try late.receive([]) }
    }
}
