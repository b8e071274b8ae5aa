import Foundation
import Testing
import WireCore

@Suite("Process marks") struct ProcessMarkTests {
    @Test("A process is gone when it was killed, also before its parent has looked")
    func killed() throws {
        var child: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("60"), nil]
        defer { for argument in arguments { free(argument) } }
        #expect(posix_spawn(&child, "/bin/sleep", nil, nil, &arguments, nil) == 0)
        let mark = try #require(ProcessMark.of(child))
        #expect(!ProcessMark.isGone(mark))
        kill(child, SIGKILL)
        // Waits for its end and leaves what it left.
        var end = siginfo_t()
        #expect(waitid(P_PID, id_t(child), &end, WEXITED | WNOWAIT) == 0)
        #expect(ProcessMark.isGone(mark))
        waitpid(child, nil, 0)
        #expect(ProcessMark.isGone(mark))
    }

    @Test("Nothing is said of processes of another machine, boot or container, nor of what is no mark")
    func elsewhere() {
        let fields = ProcessMark.own.split(separator: ":")
        #expect(fields.count == 4 && !ProcessMark.isGone(ProcessMark.own))
        for (field, value) in [(2, "11111111-2222-3333-4444-555555555555"), (3, "1")] {
            var other = fields
            other[0] = "999999999"
            #expect(ProcessMark.isGone(other.joined(separator: ":")))
            other[field] = Substring(value)
            #expect(!ProcessMark.isGone(other.joined(separator: ":")))
        }
        for text in ["", "4711", "x:y:z:1", "1:0:gone"] { #expect(!ProcessMark.isGone(text)) }
    }

    @Test("A number that was given again is another process")
    func again() {
        var fields = ProcessMark.own.split(separator: ":")
        fields[1] = "1"
        #expect(ProcessMark.isGone(fields.joined(separator: ":")))
    }
}
