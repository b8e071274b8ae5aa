/// How figures stand in sentences for people.
public enum Sentences {
    /// A sentiment or a change, to two decimals: "+0.31".
    public static func signed(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "\(value)" }
        let hundredths = Int((value * 100).rounded())
        let digits = String(abs(hundredths) % 100)
        return (hundredths < 0 ? "-" : "+") + "\(abs(hundredths) / 100)." + (digits.count < 2 ? "0" : "") + digits
    }
}
