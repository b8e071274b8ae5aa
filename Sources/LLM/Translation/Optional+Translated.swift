extension Optional {
    /// `map` for a transformation that throws a translation failure.
    func translated<T>(_ transform: (Wrapped) throws(TranslationFailure) -> T) throws(TranslationFailure) -> T? {
        guard let self else { return nil }
        return try transform(self)
    }
}
