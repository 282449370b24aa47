/// The members of one object as instructions: each name once, in any order. In JSON:
///
/// ```
///        open {
///        split  empty, first
/// empty: close } jump end
/// first: another space
/// keys:  split  a name each, others
/// name:  member "name": space value jump rest
/// rest:  split  more, last
/// more:  another , space jump keys
/// last:  close space }
/// end:
/// ```
struct ObjectWriter {
    let marks: ObjectPlan.Marks
    let slots: [ObjectPlan.Slot]
    let others: [ObjectPlan.Others]
    let least: Int
    let most: Int?

    func write(into writer: inout ProgramWriter) throws(ConstraintError) {
        guard slots.count <= ConstraintLimits.members else {
            throw .tooLarge("an object has more than \(ConstraintLimits.members) named members")
        }
        let plan = writer.program.members.count
        writer.program.members.append(members)
        try writer.emit(.open(plan))
        try writer.write(marks.open)
        let opening = try writer.emit(.split(0..<0))
        try writer.emit(.close(plan))
        try writer.write(marks.close)
        let emptyExit = try writer.emit(.jump(0))
        writer.setTargets(of: opening, [opening + 1, writer.here])
        try writer.emit(.another(plan))
        try writer.write(marks.first)
        let keys = writer.here
        try writeKeys(plan, into: &writer)
        let rest = try writer.emit(.split(0..<0))
        try writer.emit(.another(plan))
        try writer.write(marks.between)
        try writer.emit(.jump(keys))
        writer.setTargets(of: rest, [rest + 1, writer.here])
        try writer.emit(.close(plan))
        try writer.write(marks.last)
        try writer.write(marks.close)
        writer.program.instructions[emptyExit] = .jump(writer.here)
    }

    private var members: Program.Members {
        var members = Program.Members(slotCount: slots.count, hasOthers: !others.isEmpty)
        members.least = ProgramWriter.bounded(least)
        members.most = most.map(ProgramWriter.bounded) ?? -1
        members.required = Array(repeating: 0, count: max(1, (slots.count + 63) / 64))
        for (index, slot) in slots.enumerated() where slot.isRequired {
            members.required[index / 64] |= 1 << UInt64(index % 64)
        }
        return members
    }

    private func writeKeys(_ plan: Int, into writer: inout ProgramWriter) throws(ConstraintError) {
        guard !slots.isEmpty || !others.isEmpty else {
            try writer.emit(.split(0..<0))
            return
        }
        try writer.fork(slots.count + others.count) { writer, index throws(ConstraintError) in
            let isNamed = index < slots.count
            try writer.emit(isNamed ? .member(plan, slot: index) : .otherMember(plan))
            try writer.write(isNamed ? slots[index].key : others[index - slots.count].key)
            try writer.write(marks.assign)
            try writer.write(isNamed ? slots[index].value : others[index - slots.count].value)
        }
    }
}
