import Fetch
import Host
import Stores
import Web
import WireCore

extension Workspace {
    /// What API and dashboard work with. A registry that is wrong is told there too: the file is read again whenever it has changed.
    func deskParts(
        desk: Desk, store: any WholeStore, presence: HostPresence, fetcher: any DocumentFetching, isPolling: Bool, newsroom: NewsroomDoor?
    ) -> DeskParts {
        let clock = SystemClock()
        let check = RegistryCheck(file: registryFile)
        return DeskParts(
            desk: desk, store: store, presence: presence, newsroom: newsroom,
            actions: SourceActions(file: registryFile, desk: desk, fetcher: fetcher, store: store, clock: clock, environment: environment),
            isPolling: isPolling, registryProblem: { check.problem }, clock: clock, logger: logger)
    }
}
