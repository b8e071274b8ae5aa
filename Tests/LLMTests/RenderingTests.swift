import Testing
import WireCore

@testable import LLM

@Suite("A JSON value is rendered as it was read")
struct RenderingTests {
    @Test(
        "Members keep their order, doubles and all, and numbers their digits",
        arguments: [
            #"{"b":1.50,"a":[1e3,-0,100000000000000000000000000001,0.1E-7],"b":null}"#, #"[true,false,[],{},"",[[1]]]"#,
            #""quotes \" and \\, lines\n, controls \u0001, ü, 漢, 👍""#, "7",
        ])
    func same(_ text: String) throws {
        #expect(String(decoding: try parsed(text).rendered, as: UTF8.self) == text)
    }
}
