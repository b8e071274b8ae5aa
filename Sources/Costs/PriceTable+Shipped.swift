extension PriceTable {
    /// The text of the Prices.json that this program was built with.
    public static var shipped: [UInt8] { PackageResources.Prices_json }
}
