import type { Reference } from '../../contracts/control.ts';

/** A page of the documentation of RabbitMQ. */
export const documentation = (page: string, section?: string): Reference => ({
  source: 'RabbitMQ documentation',
  ...(section === undefined ? {} : { section }),
  url: `https://www.rabbitmq.com/docs/${page}`,
});

/** The production checklist of RabbitMQ. */
export const checklist = (section: string): Reference => documentation('production-checklist', section);
