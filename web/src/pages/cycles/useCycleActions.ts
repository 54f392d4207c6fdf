/** Starting a cycle, letting it go on, ending it: asked of the server, which works on its own. */
import { type QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { cancelCycle, resumeCycle, startCycle } from '../../api/actions';
import { type Cycle, cyclesQuery } from '../../api/queries';
import { toast } from '../../ui/Toast';

/** The work begins a moment after the answer; by then it either shows in the journal or it could not begin. */
const kLooksMs = [400, 1500, 4000, 9000];
const kPatienceMs = 10_000;

export function lookSoon(queries: QueryClient) {
  for (const ms of kLooksMs) {
    setTimeout(() => {
      for (const key of ['cycles', 'attention']) void queries.invalidateQueries({ queryKey: [key] });
    }, ms);
  }
}

const stateOf = (cycle: Cycle) =>
  JSON.stringify([cycle.state, cycle.interrupted, cycle.steps.map((s) => [s.state, s.started_at])]);

/** True from the request until the cycle has changed, at most a few seconds. */
function useAsked(now: string): [boolean, () => void] {
  const [asked, setAsked] = useState<string | null>(null);
  useEffect(() => {
    if (asked === null) return undefined;
    const timer = setTimeout(() => setAsked(null), kPatienceMs);
    return () => clearTimeout(timer);
  }, [asked]);
  return [asked === now, () => setAsked(now)];
}

const failed = (error: Error) => {
  toast(error.message, { bad: true });
};

export function useCycleActions(cycle: Cycle) {
  const queries = useQueryClient();
  const [resumed, askedToResume] = useAsked(stateOf(cycle));
  const resume = useMutation({
    mutationFn: () => resumeCycle(cycle.id),
    onSuccess: () => {
      askedToResume();
      toast(`Cycle ${cycle.number} goes on.`);
      lookSoon(queries);
    },
    onError: failed,
  });
  const cancel = useMutation({
    mutationFn: () => cancelCycle(cycle.id),
    onSuccess: (done) => {
      toast(done.state === 'cancelled' ? `Cycle ${cycle.number} is cancelled.` : 'It was told to stop.');
      lookSoon(queries);
    },
    onError: failed,
  });
  return { resume, cancel, going: resume.isPending || resumed };
}

export function useStartCycle() {
  const queries = useQueryClient();
  const { data } = useQuery(cyclesQuery);
  const [started, askedToStart] = useAsked(String(data?.cycles.length ?? 0));
  const start = useMutation({
    mutationFn: startCycle,
    onSuccess: () => {
      askedToStart();
      toast('A cycle starts.');
      lookSoon(queries);
    },
    onError: failed,
  });
  return { start: () => start.mutate(), starting: start.isPending || started };
}
