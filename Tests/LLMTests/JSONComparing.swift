import Testing
import WireCore

@testable import LLM

/// A JSON text with sorted keys and no blanks, so that two documents can be compared by value; numbers stay as written.
func canonical(_ node: JSONNode) -> String {
    switch node.value {
    case .array(let nodes): "[" + nodes.map(canonical).joined(separator: ",") + "]"
    case .object(let members):
        "{"
            + members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":" + canonical($0.node) }.joined(separator: ",") + "}"
    default: String(decoding: node.rendered, as: UTF8.self)
    }
}

func parsed(_ text: String) throws -> JSONNode {
    try Translation.read(Array(text.utf8))
}

/// The document and the hand-written expectation say the same.
func expect(_ node: JSONNode, says expected: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(canonical(node) == canonical(try parsed(expected)), sourceLocation: sourceLocation)
}

/// The events of a stream's text, as name and canonical data, with `[DONE]` as it is.
func events(_ bytes: [UInt8]) throws -> [String] {
    var parser = SSEParser()
    return try parser.receive(bytes).compactMap { event in
        guard let data = event.data else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        return "\(event.name) " + (text == "[DONE]" ? text : canonical(try parsed(text)))
    }
}

/// A table's line: what goes in, what is to come out.
struct Pair: Sendable, CustomTestStringConvertible {
    var name: String
    var input: String
    var output: String

    init(_ name: String, _ input: String, _ output: String) {
        self.name = name
        self.input = input
        self.output = output
    }

    var testDescription: String { name }
}
