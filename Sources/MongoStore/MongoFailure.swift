import CMongoC
import FoundationEssentials
import WireCore

/// What libmongoc or the server says went wrong.
struct MongoFailure: Error {
    /// libmongoc's part that failed, and its or the server's number.
    var domain: UInt32
    var code: UInt32
    var message: String
    /// The server's advice ("TransientTransactionError").
    var labels: Set<String> = []

    init(domain: UInt32, code: UInt32, message: String, labels: Set<String> = []) {
        (self.domain, self.code, self.message, self.labels) = (domain, code, message, labels)
    }

    init(_ error: bson_error_t, reply: BSONDocument? = nil) {
        domain = error.domain
        code = error.code
        message = withUnsafePointer(to: error) { String(cString: wd_mongo_message($0)) }
        labels = Set((try? reply?.words("errorLabels")) ?? [])
    }

    /// The whole transaction may be tried again. A duplicate key may be another's, committed since: the next look sees it.
    var isTransient: Bool { labels.contains("TransientTransactionError") || isDuplicateKey }
    var isCommitUnknown: Bool { labels.contains("UnknownTransactionCommitResult") }
    var isDuplicateKey: Bool { [11000, 11001, 12582].contains(code) && domain != MONGOC_ERROR_STREAM.rawValue }
    /// There was no server to be asked, or it went away.
    var isUnreachable: Bool { domain == MONGOC_ERROR_SERVER_SELECTION.rawValue || domain == MONGOC_ERROR_STREAM.rawValue }

    /// As a ``DeskError`` with code `store`, the place and what to do.
    func explained(at place: String) -> DeskError {
        let (what, hint) = explanation
        return DeskError(.store, "\(what) (\(SafeText.line(message, limit: 300)))", place: place, hint: hint)
    }

    private var explanation: (String, String) {
        if domain == MONGOC_ERROR_CLIENT.rawValue, code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue || [18, 11].contains(code) {
            return ("MongoDB refuses the user or the password", "Correct them in the address; `authSource=` names the database that knows the user.")
        }
        if isUnreachable {
            return (
                "MongoDB cannot be reached",
                "Does the server run, under that name and port, and does the network let the desk through? With TLS, `tls=true` and `tlsCAFile=`. "
                    + "Nothing was half written; the next write tries again."
            )
        }
        return switch code {
        case 13: ("MongoDB does not allow this to the desk's user", "Give it the role readWrite on the database.")
        case 20, 263:
            (
                "the server has no transactions",
                "The desk needs a replica set, of one member at least: start mongod with --replSet and run rs.initiate()."
            )
        case 85, 86: ("an index is there already, and is another", "Drop the index that is named, and start the desk again.")
        case 14031: ("the server's disk is full", "Make room on its file system; nothing was half written, and the next write tries again.")
        case 50, 262: ("MongoDB took longer than it may", "Look at the server's load; nothing was half written.")
        case 112, 251:
            ("other writers were in the way for too long", "Look at the server's load; nothing was half written, and the next write tries again.")
        default: ("MongoDB failed with code \(code)", "If this goes on, run `wiredesk doctor`.")
        }
    }
}
