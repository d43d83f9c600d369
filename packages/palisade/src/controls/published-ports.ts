import type { Port, Service } from '../contracts/stack.ts';
import { isGateway } from './servers.ts';

/** True for a published port by which the outside world is meant to come in: 80 and 443 of the gateway. */
export const isWayIn = (service: Service, { published }: Port): boolean =>
  isGateway(service) && (published === 80 || published === 443);

/** How a port is spoken of: `5432`, `53/udp`, `8000-8010`. */
export const portName = ({ published, publishedEnd, target, targetEnd, protocol }: Port): string => {
  const first = published ?? target;
  const last = publishedEnd ?? targetEnd;
  return `${first}${last === first || published === undefined ? '' : `-${last}`}${protocol === 'tcp' ? '' : `/${protocol}`}`;
};
