/// What one step computes: rows per sequence, in the order of urgency.
struct StepPlan {
    struct Share: Equatable {
        /// Index into the batch; valid until the batch changes.
        var index: Int
        var rowCount: Int
    }

    var shares: [Share] = []
}
