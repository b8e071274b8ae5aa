import ArgumentParser
import Commands

/// The executable: hands over to the commands.
@main
enum WiredeskMain {
    static func main() async {
        await Wiredesk.start()
    }
}
