import { kindQuestions } from '../../model/kind-questions.ts';
import './evidence.ts';
import { harden } from './harden.ts';

export { unanswered } from '../../model/kind-questions.ts';

/** What the controls of RabbitMQ ask of files and of servers. */
export const { askFiles, askServers } = kindQuestions('rabbitmq', harden);
