/// How figures stand in sentences for people.
public enum Sentences {
    /// A sentiment or a change, to two decimals: "+0.31", "−0.20" with the sign of mathematics, "0.00"; "—" for what is no number.
    public static func signed(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "—" }
        let hundredths = Int((value * 100).rounded())
        let digits = String(abs(hundredths) % 100)
        return (hundredths > 0 ? "+" : hundredths < 0 ? "−" : "") + "\(abs(hundredths) / 100)." + (digits.count < 2 ? "0" : "") + digits
    }
}
