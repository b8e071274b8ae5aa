import ArgumentParser
struct SourcesImportCommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "import") }
struct SourcesExportCommand: ParsableCommand { static let configuration = CommandConfiguration(commandName: "export") }
