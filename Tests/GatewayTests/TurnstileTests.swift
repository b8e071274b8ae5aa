import Testing

@testable import LLM

@Suite("Turnstile") struct TurnstileTests {
    private static func isIn(_ turnstile: Turnstile) async -> Bool { await turnstile.enter(until: .now) }

    @Test("More places let those in who wait")
    func more() async {
        let turnstile = Turnstile(places: 1)
        #expect(await Self.isIn(turnstile))
        async let second = turnstile.enter(until: .now + .seconds(30))
        async let third = turnstile.enter(until: .now + .seconds(30))
        await Task.yield()
        turnstile.resize(to: 3)
        #expect(await second)
        #expect(await third)
        #expect(await !Self.isIn(turnstile))
    }

    @Test("Fewer places send nobody out, and admit nobody until enough have left")
    func fewer() async {
        let turnstile = Turnstile(places: 3)
        for _ in 0..<3 { #expect(await Self.isIn(turnstile)) }
        turnstile.resize(to: 1)
        turnstile.leave()
        #expect(await !Self.isIn(turnstile))
        turnstile.leave()
        #expect(await !Self.isIn(turnstile))
        async let next = turnstile.enter(until: .now + .seconds(30))
        turnstile.leave()
        #expect(await next)
        #expect(await !Self.isIn(turnstile))
    }
}
