import ArgumentParser
import Host
import WireCore

/// `wiredesk plugins`: the kinds of source, and what the registry may say.
struct PluginsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins", abstract: "Shows the kinds of source, the registry's schema and the ceilings; makes and tests plugins.",
        subcommands: [
            PluginsListCommand.self, PluginsSchemaCommand.self, PluginsCeilingsCommand.self, PluginsNewCommand.self, PluginsTestCommand.self,
        ],
        defaultSubcommand: PluginsListCommand.self)
}

/// `wiredesk plugins list`.
struct PluginsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Lists the kinds of source.")

    @Flag(help: "Print JSON.") var json = false

    private static let kinds = [
        ("feed", "RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.0 and 1.1"),
        ("coindesk", "the news list of the CoinDesk Data API"),
        ("price", "what coins cost, from an API of CoinGecko's shape"),
        ("json", "any JSON API that its entry describes: pointers, paging, dates"),
        ("exec", "whatever a program prints: a plugin in any language, or a Singer tap"),
    ]

    func run() {
        if json {
            var writer = JSONWriter()
            writer.array { list in
                for (name, what) in Self.kinds {
                    list.object {
                        $0.member("kind", name)
                        $0.member("reads", what)
                    }
                }
            }
            return Output.line(writer.text)
        }
        var table = Table(["KIND", "READS"])
        for (name, what) in Self.kinds { table.add([.init(name, paint: Palette().bold), .init(what)]) }
        Output.text(table.rendered(Palette(), width: nil))
    }
}

/// `wiredesk plugins schema`.
struct PluginsSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the JSON Schema of Plugins.json, which editors complete by.")

    func run() { Output.text(RegistrySchema.text) }
}

/// `wiredesk plugins ceilings`.
struct PluginsCeilingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ceilings", abstract: "Shows the hard bounds of a poll and their defaults.")

    @Flag(help: "As the page docs/ceilings.md.") var markdown = false
    @Flag(help: "Print JSON.") var json = false

    func run() {
        let defaults = Ceilings()
        if markdown { return Output.text(Self.page(defaults)) }
        if json {
            var writer = JSONWriter()
            writer.array { list in
                for field in Ceilings.fields {
                    list.object {
                        $0.member("key", field.key)
                        $0.member("default", defaults.text(of: field))
                        $0.member("range", field.range)
                        $0.member("meaning", field.meaning)
                        $0.member("beyond", field.beyond)
                    }
                }
            }
            return Output.line(writer.text)
        }
        let palette = Palette()
        var table = Table(["CEILING", "DEFAULT", "RANGE", "BOUNDS", "BEYOND IT"])
        for field in Ceilings.fields {
            table.add([
                .init(field.key, paint: palette.bold), .init(defaults.text(of: field)), .init(field.range), .init(field.meaning),
                .init(field.beyond.replacingBackquotes),
            ])
        }
        Output.text(table.rendered(palette, width: nil))
    }

    private static func page(_ defaults: Ceilings) -> String {
        var out = """
            # Ceilings

            The hard bounds of one poll. All are on by default; no adapter can raise them or get round them. A source's entry or the
            registry's `defaults` can set them within their range: `"ceilings": { "pages": 2, "bytesDecoded": "4MiB" }`.

            This page is made by `wiredesk plugins ceilings --markdown`; the check of the documentation fails when it is out of date.

            | ceiling | default | range | bounds | beyond it |
            |---|---|---|---|---|

            """
        for field in Ceilings.fields {
            out += "| `\(field.key)` | \(defaults.text(of: field)) | \(field.range) | \(field.meaning) | \(field.beyond) |\n"
        }
        return out
    }
}

extension String {
    fileprivate var replacingBackquotes: String { filter { $0 != "`" } }
}
