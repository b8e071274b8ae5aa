extension PluginTemplate {
    static let shell = #"""
        #!/bin/sh
        # A wiredesk plugin: one JSON object a line on stdin and stdout. Anything else is printed to stderr.
        set -eu

        echo '{"type":"hello","version":1,"name":"plugin"}'
        read -r poll

        # The address that the registry gives. Quotes inside a JSON string are escaped, so that this finds the member and nothing else.
        url=$(printf '%s\n' "$poll" | sed -n 's/.*"url":"\([^"]*\)".*/\1/p')

        # The host gets the document, and reads it where it is a feed; `"save":"page.json"` would put any other into this folder as a file.
        printf '{"type":"fetch","id":"1","url":"%s","expect":"feed"}\n' "$url"
        while read -r answer; do
            case $answer in
            *'"type":"cancel"'*) break ;;
            *'"ok":false'*) break ;; # the host knows why, and tells it
            *'"type":"fetched"'*)
                printf '{"type":"items","items":%s}\n' "$(printf '%s\n' "$answer" | sed 's/.*"items":\(\[.*\]\)}$/\1/')"
                break
                ;;
            esac
        done

        echo '{"type":"done"}'

        """#
}
