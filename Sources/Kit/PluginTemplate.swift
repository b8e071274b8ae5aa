public import WireCore

/// A new plugin with its test: files that work as they are.
public struct PluginTemplate: Sendable {
    /// The languages that there are templates for; the protocol takes any.
    public enum Language: String, Sendable, CaseIterable {
        case swift, python, sh
    }

    /// A file of the new plugin.
    public struct File: Sendable {
        /// Beside the registry.
        public var path: String
        public var text: String
        public var isExecutable = false
    }

    public var files: [File]
    /// The registry's entry, as JSON.
    public var entry: String
    /// What is to be run first, if anything.
    public var buildCommand: String?

    /// `name` is a source's id and becomes the folder.
    public init(_ language: Language, name: SourceID) {
        switch language {
        case .python:
            files = [
                File(path: "plugin.py", text: Self.python, isExecutable: true), File(path: "fixture.json", text: Self.fixture),
                File(path: "test.sh", text: Self.test("./plugin.py", "fixture.json"), isExecutable: true),
            ]
            entry = Self.entry(name, "./\(name)/plugin.py", url: "https://api.example.com/news")
        case .sh:
            files = [
                File(path: "plugin.sh", text: Self.shell, isExecutable: true), File(path: "fixture.xml", text: Self.feedFixture),
                File(path: "test.sh", text: Self.test("./plugin.sh", "fixture.xml"), isExecutable: true),
            ]
            entry = Self.entry(name, "./\(name)/plugin.sh", url: "https://www.example.com/feed.xml")
        case .swift:
            files = [
                File(path: "Package.swift", text: Self.package), File(path: "Sources/plugin/Plugin.swift", text: Self.swift),
                File(path: "fixture.json", text: Self.fixture),
                File(
                    path: "test.sh",
                    text: Self.test("./.build/release/plugin", "fixture.json").replacing(
                        "exec ", with: "swift build -c release --quiet\nexec "), isExecutable: true),
            ]
            entry = Self.entry(name, "./\(name)/.build/release/plugin", url: "https://api.example.com/news")
            buildCommand = "swift build -c release"
        }
    }

    private static func entry(_ name: SourceID, _ command: String, url: String) -> String {
        """
        { "id": "\(name)", "kind": "exec", "url": "\(url)", "config": { "command": ["\(command)"] } }
        """
    }

    private static func test(_ command: String, _ fixture: String) -> String {
        """
        #!/bin/sh
        # Lets the plugin at a server that misbehaves in every way, with pages made from \(fixture). Exit 0: it passed.
        set -eu
        cd "$(dirname "$0")"
        exec "${WIREDESK:-wiredesk}" plugins test --fixture \(fixture) -- \(command)

        """
    }

    private static let fixture = """
        {
          "items": [
            { "id": "{{n}}-1", "title": "Story {{n}}-1", "url": "https://www.example.com/{{n}}-1", "published": "{{time}}" },
            { "id": "{{n}}-2", "title": "Story {{n}}-2", "url": "https://www.example.com/{{n}}-2", "published": "{{time}}" }
          ],
          "next": "{{next}}"
        }

        """

    private static let feedFixture = """
        <?xml version="1.0"?>
        <rss version="2.0"><channel><title>Example</title><link>https://www.example.com/</link>
        <item><guid>{{n}}-1</guid><title>Story {{n}}-1</title><link>https://www.example.com/{{n}}-1</link></item>
        <item><guid>{{n}}-2</guid><title>Story {{n}}-2</title><link>https://www.example.com/{{n}}-2</link></item>
        </channel></rss>

        """
}
