extension ExactDecimal {
    /// The same value without trailing zeros behind the point: 1.10 becomes 1.1, 2.00 becomes 2.
    public var normalized: ExactDecimal {
        var value = self
        while value.decimals > 0, value.digits % 10 == 0 {
            value.digits /= 10
            value.decimals -= 1
        }
        return value
    }

    /// True when both are the same number, however written: `==` tells 1.10 from 1.1, this does not.
    public func equals(_ other: ExactDecimal) -> Bool { normalized == other.normalized }
}
