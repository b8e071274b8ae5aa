import Fetch
import Host
import LLM
import Stores
import Web
import WireCore

extension Workspace {
    /// What API and dashboard work with. A registry or a price table that is wrong is told there too: the file is read again whenever it has changed.
    func deskParts(
        desk: Desk, store: any WholeStore, presence: HostPresence, fetcher: any DocumentFetching, isPolling: Bool, gateway: Gateway,
        newsroom: NewsroomDoor?
    ) -> DeskParts {
        let clock = SystemClock()
        let registryCheck = FileCheck(path: registryFile.path) { _ = try channels(try registryFile.load().gateway) }
        let pricesCheck = FileCheck(path: pricesPath) { _ = try prices() }
        return DeskParts(
            desk: desk, store: store, presence: presence, newsroom: newsroom,
            actions: SourceActions(file: registryFile, desk: desk, fetcher: fetcher, store: store, clock: clock, environment: environment),
            isPolling: isPolling, registryProblem: { registryCheck.problem }, pricesProblem: { pricesCheck.problem },
            restingModels: { gateway.restingModels }, clock: clock, logger: logger)
    }
}
