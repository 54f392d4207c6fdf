/** From a slice to its pictures: shared by the tables of models and gate reports. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { modesQuery } from '../api/queries';
import type { Looking } from '../api/samples';
import { isEverything } from '../lib/filter';
import { sentence } from '../lib/format';

interface SliceLike {
  where: string;
  class: string;
}

/** The pictures behind a slice's figure: those of the evaluation that satisfy it, most mistakes first. */
export function sliceLooking(
  slice: SliceLike,
  evaluation: { id: string; model: string } | undefined,
): Looking {
  const where = isEverything(slice.where) ? undefined : slice.where;
  if (!evaluation) return { where };
  return {
    where,
    model: evaluation.model,
    evaluation: evaluation.id,
    sort: 'mistakes',
    class: slice.class === '' ? undefined : slice.class,
  };
}

interface SliceLinkProps {
  slice: SliceLike;
  evaluation: { id: string; model: string } | undefined;
  children: ReactNode;
}

export function SliceLink({ slice, evaluation, children }: SliceLinkProps) {
  return (
    <Link
      to="/samples"
      search={sliceLooking(slice, evaluation)}
      title="Show these pictures, most mistakes first"
    >
      {children}
    </Link>
  );
}

/** "all" is the built-in slice of everything; others are named in spotter.yaml, mostly like_this. */
function named(name: string): string {
  return name === 'all' ? 'Everything' : sentence(name.replaceAll('_', ' '));
}

/** Names of slices for people; a failure mode that became a test has its title. */
export function useSliceName(): (name: string) => string {
  const { data } = useQuery(modesQuery);
  return (name) => {
    const mode = data?.modes.find((m) => m.name === name);
    return mode ? sentence(mode.title) : named(name);
  };
}
