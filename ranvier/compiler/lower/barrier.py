"""Where threads wait for each other."""

from __future__ import annotations

from ranvier.compiler.fuse.target import Target
from ranvier.compiler.lower.table import Words

# Threads count themselves in; the last one opens the next round. Who waits looks 300
# times, then gives the core away 2,000 times, then sleeps: on a shared machine endless
# looking collapses.
BARRIER = f"""
define internal void @meet(ptr %table, i64 %threads) #0 {{
entry:
  %count = getelementptr inbounds i64, ptr %table, i64 {Words.COUNT}
  %round = getelementptr inbounds i64, ptr %table, i64 {Words.ROUND}
  %mine = load atomic i64, ptr %round acquire, align 8
  %before = atomicrmw add ptr %count, i64 1 acq_rel
  %arrived = add i64 %before, 1
  %last = icmp eq i64 %arrived, %threads
  br i1 %last, label %open, label %look
open:
  store atomic i64 0, ptr %count monotonic, align 8
  %next = add i64 %mine, 1
  store atomic i64 %next, ptr %round release, align 8
  ret void
look:
  %tries = phi i64 [ 0, %entry ], [ %more, %wait ]
  %now = load atomic i64, ptr %round acquire, align 8
  %same = icmp eq i64 %now, %mine
  br i1 %same, label %choose, label %done
choose:
  %more = add i64 %tries, 1
  %patient = icmp ult i64 %tries, 300
  br i1 %patient, label %spin, label %give
spin:
  call void PAUSE
  br label %wait
give:
  %brief = icmp ult i64 %tries, 2300
  br i1 %brief, label %yield, label %sleep
yield:
  %yield_at = getelementptr inbounds i64, ptr %table, i64 {Words.YIELD}
  %yield_call = load ptr, ptr %yield_at
  %ignored = call i32 %yield_call()
  br label %wait
sleep:
  %sleep_at = getelementptr inbounds i64, ptr %table, i64 {Words.SLEEP}
  %sleep_call = load ptr, ptr %sleep_at
  %unused = call i32 %sleep_call(i32 50)
  br label %wait
wait:
  br label %look
done:
  ret void
}}
"""


def barrier(target: Target) -> str:
    """The function ``meet(table, threads)``."""
    return BARRIER.replace("PAUSE", pause(target))


def pause(target: Target) -> str:
    """The instruction that tells the core we are waiting."""
    if target.name.startswith("neon"):
        return "@llvm.aarch64.hint(i32 1)"
    if target.name == "generic":
        return "@llvm.donothing()"
    return "@llvm.x86.sse2.pause()"


def declaration(target: Target) -> str:
    if target.name.startswith("neon"):
        return "declare void @llvm.aarch64.hint(i32)"
    if target.name == "generic":
        return "declare void @llvm.donothing()"
    return "declare void @llvm.x86.sse2.pause()"
