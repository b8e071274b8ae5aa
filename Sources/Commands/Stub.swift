import ArgumentParser
struct DemoCommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "demo") }
struct SourcesImportCommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "import") }
struct SourcesExportCommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "export") }
