import WireCore

extension JSONAPIConfiguration {
    /// In one line, for `sources show`.
    public var summary: String {
        let mapped = FieldMap.Field.allCases.filter { fields[$0] != nil }.map(\.rawValue).joined(separator: ", ")
        return "items at \(items), fields \(mapped), \(order.rawValue), paging \(paging?.by.name ?? "none"), backfill \(backfill.text)"
    }

    /// As the registry writes it: what a proposal can hold, and nothing that is at its default.
    public var json: String {
        var writer = JSONWriter()
        writer.object { json in
            if items != .root { json.member("items", items.text) }
            json.key("fields")
            json.object { list in
                for field in FieldMap.Field.allCases {
                    guard let rule = fields[field] else { continue }
                    list.key(escaping: field.rawValue)
                    rule.write(to: &list)
                }
            }
            if order != .newestFirst { json.member("order", order.rawValue) }
            if let paging {
                json.key("paging")
                paging.write(to: &json)
            }
        }
        return writer.text
    }
}

extension FieldRule {
    fileprivate func write(to json: inout JSONWriter) {
        let pointers = sources.compactMap { if case .pointer(let pointer) = $0 { pointer.text } else { nil } }
        if pointers.count == 1, let pointer = pointers.first, date == .automatic, markup == nil { return json.string(pointer) }
        json.object { rule in
            rule.key("pointer")
            if pointers.count == 1, let pointer = pointers.first {
                rule.string(pointer)
            } else {
                rule.array { list in pointers.forEach { list.string($0) } }
            }
            if date != .automatic { rule.member("date", date.text) }
            rule.member(ifPresent: "as", markup?.rawValue)
        }
    }
}

extension JSONAPIConfiguration.Paging {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { paging in
            paging.member("by", by.name)
            switch by {
            case .link(let pointer): paging.member(ifPresent: "pointer", pointer?.text)
            case .cursor(let parameter, let pointer, let ofLastItem, _):
                paging.member("parameter", parameter)
                if ofLastItem { paging.member("lastItem", pointer.text) } else { paging.member("pointer", pointer.text) }
            case .page(let parameter, let first), .offset(let parameter, let first):
                paging.member("parameter", parameter)
                paging.member("first", first)
            case .time(let parameter, let form, let isForward):
                paging.member("parameter", parameter)
                paging.member("date", form.text)
                if isForward { paging.member("forward", true) }
            }
        }
    }
}
