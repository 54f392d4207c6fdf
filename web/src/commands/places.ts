/** Every place of the application: navigation, palette and "g" shortcuts come from this list. */
import {
  Activity,
  BookMarked,
  Boxes,
  CircleDollarSign,
  Hammer,
  Images,
  ListChecks,
  type LucideIcon,
  RefreshCw,
  Scale,
  Sun,
  Tags,
  TriangleAlert,
} from 'lucide-react';

export interface Place {
  path: string;
  title: string;
  icon: LucideIcon;
  keys: string;
  group: string;
}

export const kPlaces: Place[] = [
  { path: '/', title: 'Now', icon: Sun, keys: 'g n', group: '' },
  { path: '/cycles', title: 'Cycles', icon: RefreshCw, keys: 'g c', group: '' },
  { path: '/samples', title: 'Samples', icon: Images, keys: 'g s', group: 'Data' },
  { path: '/queue', title: 'Queue', icon: ListChecks, keys: 'g q', group: 'Data' },
  { path: '/modes', title: 'Failure modes', icon: TriangleAlert, keys: 'g f', group: 'Data' },
  { path: '/labelling', title: 'Labelling', icon: Tags, keys: 'g l', group: 'Data' },
  { path: '/versions', title: 'Versions', icon: BookMarked, keys: 'g v', group: 'Data' },
  { path: '/models', title: 'Models', icon: Boxes, keys: 'g m', group: 'Models' },
  { path: '/gates', title: 'Gate reports', icon: Scale, keys: 'g r', group: 'Models' },
  { path: '/monitor', title: 'Production', icon: Activity, keys: 'g p', group: 'Models' },
  { path: '/jobs', title: 'Jobs', icon: Hammer, keys: 'g j', group: 'Work' },
  { path: '/ledger', title: 'Ledger', icon: CircleDollarSign, keys: 'g e', group: 'Work' },
];
