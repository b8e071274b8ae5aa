public import WireCore

extension Diagnosis {
    /// The contract's members: those of the poll, then the stages, the hops and the advice.
    public func write(to json: inout JSONWriter) {
        report.write(to: &json)
        json.key("stages")
        json.array { list in
            for stage in stages {
                list.object {
                    $0.member("name", stage.name)
                    $0.key("ok")
                    if let ok = stage.ok { $0.bool(ok) } else { $0.null() }
                    $0.member("ms", stage.ms)
                    $0.member("detail", stage.detail)
                }
            }
        }
        json.key("hops")
        json.array { list in
            for hop in hops { list.object { hop.write(to: &$0) } }
        }
        json.member("advice", advice)
    }
}
