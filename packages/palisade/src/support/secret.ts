export { Secret } from '@palisade/vault/secret';
