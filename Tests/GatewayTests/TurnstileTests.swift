import Testing

@testable import LLM

@Suite("Turnstile") struct TurnstileTests {
    private static func isIn(_ turnstile: Turnstile) async -> Bool { await turnstile.enter(for: "a", until: .now) }

    @Test("More places let those in who wait")
    func more() async {
        let turnstile = Turnstile(places: 1)
        #expect(await Self.isIn(turnstile))
        async let second = turnstile.enter(for: "a", until: .now + .seconds(30))
        async let third = turnstile.enter(for: "a", until: .now + .seconds(30))
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
        turnstile.leave("a")
        #expect(await !Self.isIn(turnstile))
        turnstile.leave("a")
        #expect(await !Self.isIn(turnstile))
        async let next = turnstile.enter(for: "a", until: .now + .seconds(30))
        turnstile.leave("a")
        #expect(await next)
        #expect(await !Self.isIn(turnstile))
    }

    @Test("Who comes when the deadline has passed already is told so, and waits for nobody", .timeLimit(.minutes(1)))
    func late() async {
        let turnstile = Turnstile(places: 1)
        #expect(await Self.isIn(turnstile))
        await withTaskGroup { group in
            for number in 0..<5000 {
                group.addTask { await turnstile.enter(for: "a", until: .now + .microseconds(number % 20)) }
            }
            for await isIn in group { #expect(!isIn) }
        }
    }

    @Test("One holder does not keep the others out: a quarter of the places is for them, in their order")
    func shares() async {
        let turnstile = Turnstile(places: 4)
        for _ in 0..<3 { #expect(await Self.isIn(turnstile)) }
        #expect(await !Self.isIn(turnstile))
        async let fourth = turnstile.enter(for: "a", until: .now + .seconds(30))
        await Task.yield()
        #expect(await turnstile.enter(for: "b", until: .now))
        #expect(await !turnstile.enter(for: "b", until: .now))
        turnstile.leave("b")
        #expect(await turnstile.enter(for: "c", until: .now), "a place that one holder may not have is another's")
        turnstile.leave("a")
        #expect(await fourth)
    }
}
